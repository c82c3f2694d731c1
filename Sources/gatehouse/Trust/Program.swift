import EventLoop
import Glibc

/// Another program that is run to its end.
struct Program {
    /// What it has said, on both of its outputs, and how it ended.
    struct Outcome {
        var text: String
        /// 128 and more: by a signal.
        var code: Int32

        /// Its last line, or how it ended.
        var summary: String {
            text.split(separator: "\n").last.map(String.init) ?? "it ended with exit code \(code)"
        }
    }

    /// A path, or a name that PATH leads to.
    let name: String

    /// What a program says that is run here fits this; the rest is read, and dropped.
    private static let maxText = 4 * 1024 * 1024

    /// Runs it, without input.
    /// - Throws: the system call that failed, such as for a program that is not there.
    func run(_ arguments: [String]) throws(SystemError) -> Outcome {
        var ends: [Int32] = [0, 0]
        // It is filled in during the call alone.
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe") }
        defer { close(ends[0]) }
        // Else the program would hold its own output open, and never be at its end for us.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        // All of these fill what they are lent, and keep no pointer to it.
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        _ = unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
        var process: pid_t = 0
        let code = unsafe NewProcess.withStrings([name] + arguments) { arguments in
            unsafe posix_spawnp(&process, name, &actions, nil, arguments, environ)
        }
        close(ends[1])
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        let text = Self.readAll(ends[0])
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        return Outcome(text: text, code: status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F)
    }

    private static func readAll(_ descriptor: Int32) -> String {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            // At most as much as there is room for.
            let count = unsafe read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            if bytes.count < maxText { bytes += piece.prefix(count) }
        }
    }
}
