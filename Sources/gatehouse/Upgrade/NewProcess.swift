import EventLoop
import Glibc

/// Another process of this program, or of its next version, that inherits one descriptor.
enum NewProcess {
    /// The number of that descriptor in it: the first behind standard input, output and error.
    static let inherited: Int32 = 3

    /// The path of the program that runs, as it is now: a package that is installed meanwhile puts another file there.
    static var ownPath: String? {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        // The pointers are used during the call alone.
        let count = unsafe path.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start, bytes.count)
        }
        return count > 0 && count < path.count ? String(decoding: path.prefix(count), as: UTF8.self) : nil
    }

    /// Starts it with this process's arguments.
    /// - Parameters:
    ///   - program: its path.
    ///   - descriptor: what it inherits.
    ///   - variables: of the environment, in place of this process's own; an empty value takes one away.
    /// - Returns: its number.
    /// - Throws: the system call that failed, such as for a file that is no program.
    static func start(_ program: String, passing descriptor: Int32, variables: [String: String]) throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        var (nothing, all) = (sigset_t(), sigset_t())
        // All of these fill what they are lent, and keep no pointer to it.
        _ = unsafe (posix_spawn_file_actions_init(&actions), posix_spawnattr_init(&attributes))
        defer { _ = unsafe (posix_spawn_file_actions_destroy(&actions), posix_spawnattr_destroy(&attributes)) }
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, inherited)
        // It begins with no signal blocked or ignored, whatever this process does with its own.
        _ = unsafe (sigemptyset(&nothing), sigfillset(&all))
        _ = unsafe (posix_spawnattr_setsigmask(&attributes, &nothing), posix_spawnattr_setsigdefault(&attributes, &all))
        _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments = [program] + CommandLine.arguments.dropFirst()
        let environment = environment(with: variables)
        var process: pid_t = 0
        let code = unsafe withStrings(arguments) { arguments in
            unsafe withStrings(environment) { environment in
                unsafe posix_spawn(&process, program, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        return process
    }

    /// Has it ended? `end` can still tell how.
    static func hasEnded(_ process: pid_t) -> Bool {
        var facts = unsafe siginfo_t()
        // It is filled in during the call; without a child that has ended nothing is.
        let found = unsafe waitid(P_PID, id_t(process), &facts, WEXITED | WNOHANG | WNOWAIT)
        let signal = unsafe facts.si_signo
        return found == 0 && signal == SIGCHLD
    }

    /// Ends it, unless it ends by itself within a moment: who has closed its descriptors is about to.
    /// - Parameter atOnce: nobody waits for that.
    /// - Returns: how it has ended, in words, if by itself.
    static func end(_ process: pid_t, atOnce: Bool) async -> String? {
        var status: Int32 = 0
        // The system fills `status` in during each call.
        for _ in 0..<(atOnce ? 0 : 200) {
            if unsafe waitpid(process, &status, WNOHANG) == process { return ending(of: status) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        _ = kill(process, SIGKILL)
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        return nil
    }

    private static func ending(of status: Int32) -> String {
        status & 0x7F == 0 ? "it ended with exit code \(status >> 8 & 0xFF)" : "it was ended by signal \(status & 0x7F)"
    }

    private static func environment(with variables: [String: String]) -> [String] {
        var lines: [String] = []
        // A list that ends with null; nothing in this process changes it.
        var index = 0
        while let entry = unsafe environ[index] {
            let line = unsafe String(cString: entry)
            let name = line.prefix { $0 != "=" }
            if variables[String(name)] == nil { lines.append(line) }
            index += 1
        }
        return lines + variables.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" }
    }

    /// Lends a list of strings as system calls want it: copies, with a null pointer behind them. `body` keeps none.
    static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let list = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
        // There is a place for each copy and for the null; all that is written here is freed below, once.
        for (index, string) in strings.enumerated() { unsafe list[index] = unsafe strdup(string) }
        unsafe list[strings.count] = nil
        defer {
            for index in strings.indices { unsafe free(list[index]) }
            unsafe list.deallocate()
        }
        return unsafe body(list)
    }
}
