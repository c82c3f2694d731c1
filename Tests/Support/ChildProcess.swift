import Foundation
package import Glibc

/// A program that a test has started. It is ended by its id, at the latest when nobody holds it any more.
package final class ChildProcess: Sendable {
    package struct CannotStart: Error, CustomStringConvertible {
        package let description: String
    }

    /// How the program ended.
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    package let pid: pid_t
    private let isGroup: Bool
    /// Lines of standard output and standard error.
    package let output: Journal<String>
    package let errors: Journal<String>
    private let bytes = Guarded<[UInt8]>([])
    private let exits: Journal<Exit>
    private let input: Int32

    /// - Parameters:
    ///   - program: a path, or a name to be found in PATH.
    ///   - directory: where it runs; here if nil.
    ///   - environment: variables to set besides this process's own.
    ///   - isGroup: signals go to the processes that it starts, too, and none of them outlives it.
    package init(
        _ program: String, _ arguments: [String] = [], directory: String? = nil, environment: [String: String] = [:],
        isGroup: Bool = false
    ) throws {
        self.isGroup = isGroup
        output = Journal("output of \(program)")
        errors = Journal("errors of \(program)")
        exits = Journal("exit of \(program)")
        let pipes = try (Pipe(), Pipe(), Pipe())
        let variables = ProcessInfo.processInfo.environment.merging(Self.standardEnvironment) { $1 }.merging(environment) { $1 }
            .map { "\($0)=\($1)" }
        // env(1) changes the directory; setpriv(1) sees to it that nothing outlives tests that crash. Both become the program.
        let command = (directory.map { ["env", "-C", $0] } ?? []) + ["setpriv", "--pdeathsig", "TERM", program] + arguments
        let descriptors = [pipes.0.readEnd, pipes.1.writeEnd, pipes.2.writeEnd]
        pid = try SpawnThread.shared.run { try Spawn.start(command, variables, descriptors: descriptors, isGroup: isGroup) }
        for descriptor in descriptors { close(descriptor) }
        input = pipes.0.writeEnd
        let readers = DispatchGroup()
        follow(pipes.1.readEnd, output, keepsBytes: true, readers)
        follow(pipes.2.readEnd, errors, keepsBytes: false, readers)
        let (pid, exits, isGroup) = (pid, exits, isGroup)
        detachThread {
            if isGroup { Self.endGroup(of: pid) }
            var status: Int32 = 0
            while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
            // An exit is told after the last line.
            readers.wait()
            exits.append(status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F))
        }
    }

    /// Admin sockets are not among those of the machine's own gateways.
    private static let standardEnvironment = [
        "RUNTIME_DIRECTORY": FileManager.default.temporaryDirectory.path + "/gatehouse-tests-\(getuid())",
        // A place that is none: no test's configuration is kept, unless it says where.
        "STATE_DIRECTORY": "/dev/null",
    ]

    deinit {
        kill()
        close(input)
    }

    /// Everything on standard output.
    package var outputBytes: [UInt8] { bytes.withLock { $0 } }

    /// Writes to standard input, as much as a pipe takes at once.
    /// - Throws: `Wire.Failure`, also when the program has ended. The signal that write(2) would send (SIGPIPE) ends the tests
    ///   without a word.
    package func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        // The pointer is used during the call alone.
        let count = unsafe bytes.withUnsafeBytes { unsafe send(input, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count == bytes.count else { throw Wire.Failure("send") }
    }

    /// Waits for the end.
    /// - Parameter seconds: for how long at most.
    @discardableResult
    package func exit(within seconds: Int = Place.patience) async throws -> Exit {
        try await exits.first(1, within: seconds)[0]
    }

    /// Sends a signal; nothing happens if the program has ended.
    package func signal(_ number: Int32) {
        if exits.all.isEmpty { _ = Glibc.kill(isGroup ? -pid : pid, number) }
    }

    package func terminate() { signal(SIGTERM) }
    package func kill() { signal(SIGKILL) }

    // MARK: -

    /// Waits until a group's first process has ended, and ends the others, before anybody else can have its number.
    private static func endGroup(of pid: pid_t) {
        // Filled during the call alone.
        var ended = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(pid), &ended, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        _ = Glibc.kill(-pid, SIGKILL)
    }

    private func follow(_ descriptor: Int32, _ journal: Journal<String>, keepsBytes: Bool, _ readers: DispatchGroup) {
        readers.enter()
        let keep: @Sendable ([UInt8]) -> Void = { [weak self] chunk in
            if keepsBytes { self?.bytes.withLock { $0 += chunk } }
        }
        detachThread {
            var line: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while true {
                // The pointer is used during the call alone.
                let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
                guard count > 0 else { break }
                keep(Array(chunk.prefix(count)))
                for byte in chunk.prefix(count) {
                    guard byte == 0x0A else {
                        line.append(byte)
                        continue
                    }
                    journal.append(String(decoding: line, as: UTF8.self))
                    line.removeAll()
                }
            }
            if !line.isEmpty { journal.append(String(decoding: line, as: UTF8.self)) }
            journal.close()
            close(descriptor)
            readers.leave()
        }
    }
}

/// A pipe that no other child inherits: a pair of sockets, which are close-on-exec from their first moment.
private struct Pipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Wire.Failure("socketpair")
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }
}

/// posix_spawn(3).
private enum Spawn {
    static func start(_ arguments: [String], _ environment: [String], descriptors: [Int32], isGroup: Bool) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            _ = unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // A program begins with no signal blocked, whatever the thread that starts it blocks.
        var attributes = posix_spawnattr_t()
        var nothing = sigset_t()
        _ = unsafe posix_spawnattr_init(&attributes)
        defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
        _ = unsafe sigemptyset(&nothing)
        _ = unsafe posix_spawnattr_setsigmask(&attributes, &nothing)
        _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | (isGroup ? POSIX_SPAWN_SETPGROUP : 0)))
        var pid: pid_t = 0
        // strdup(3)'s copies live until the call is done.
        let code = unsafe withStrings(arguments) { arguments in
            unsafe withStrings(environment) { environment in
                unsafe posix_spawnp(&pid, arguments[0]!, &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else {
            throw ChildProcess.CannotStart(description: unsafe "\(arguments[0]): \(String(cString: strerror(code)))")
        }
        return pid
    }

    private static func withStrings<Result>(
        _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var copies: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe copies.forEach { unsafe free($0) } }
        return unsafe copies.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress!) }
    }
}
