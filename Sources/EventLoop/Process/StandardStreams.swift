import Glibc

/// Standard input, output and error output of this process.
package enum StandardStreams {
    /// Has those that are closed lead to nothing (/dev/null). Else the next file or socket has such a number, and what is meant
    /// for a log, or for people, is written into it. To be called before anything is opened.
    package static func fill() {
        while true {
            // The path is a constant. open(2) gives the lowest number that is free.
            let descriptor = unsafe open("/dev/null", O_RDWR)
            if 0...STDERR_FILENO ~= descriptor { continue }
            if descriptor > STDERR_FILENO { close(descriptor) }
            return
        }
    }
}
