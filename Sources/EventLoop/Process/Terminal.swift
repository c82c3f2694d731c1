import CLinux
import Glibc

/// The terminal that a command is used at.
package enum Terminal {
    /// Is standard output one, and standard input too?
    package static var isThere: Bool { isatty(STDOUT_FILENO) == 1 && isatty(STDIN_FILENO) == 1 }

    /// Columns and rows of the one at standard output, as they are now; nil if it is none, or does not say.
    package static var size: (columns: Int, rows: Int)? {
        var size = winsize()
        // tty_ioctl(4): the call fills the structure and keeps no pointer.
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// How it was before `readKeys`.
    package struct Settings: Sendable {
        fileprivate var value: termios
    }

    /// Makes keys come one by one, unshown, Ctrl-C among them (termios(3)).
    /// - Returns: what `restore` puts back; nil if standard input is no terminal.
    package static func readKeys() -> Settings? {
        var before = termios()
        guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var now = before
        now.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        guard unsafe tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0 else { return nil }
        return Settings(value: before)
    }

    /// Makes keys come as they did before `readKeys`.
    package static func restore(_ settings: Settings) {
        var value = settings.value
        _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &value)
    }

    /// Waits for a key.
    /// - Returns: its byte, or the first of several; nil when there will be no more.
    package static func nextKey() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            // The byte is written during the call alone.
            let count = unsafe read(STDIN_FILENO, &byte, 1)
            if count == 1 { return byte }
            guard count < 0, errno == EINTR else { return nil }
        }
    }
}
