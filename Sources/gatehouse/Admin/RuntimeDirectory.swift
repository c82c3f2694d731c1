import EventLoop
import FoundationEssentials
import Glibc
import Transport

/// Where admin sockets are unless a configuration says so: one for each process, so that two gateways on one machine are not in
/// each other's way, in a directory that nobody else can write to.
enum RuntimeDirectory {
    /// Where this process makes its own: the service manager's (`RuntimeDirectory=` of systemd.exec(5)), else the system's for
    /// root and the login's for everybody else (`XDG_RUNTIME_DIR`), else one below `/tmp`.
    static var own: String { given ?? ofUser }

    private static var given: String? {
        Environment.value("RUNTIME_DIRECTORY")?.split(separator: ":").first.map(String.init)
    }

    private static let ofSystem = "/run/gatehouse"

    private static var ofUser: String {
        if geteuid() == 0 { return ofSystem }
        // It is another user's after `su`, and where root has started what became `server.user`.
        if let login = Environment.value("XDG_RUNTIME_DIR"), FileAccess.owner(of: login) == geteuid() {
            return login + "/gatehouse"
        }
        return "/tmp/gatehouse-\(geteuid())"
    }

    /// Makes it, unless it is there.
    /// - Returns: the path of this process's admin socket.
    static func prepare() throws -> String {
        let directory = own
        try SocketFile.makeDirectory(directory)
        return "\(directory)/\(getpid()).sock"
    }

    /// The admin sockets of the gateways that run, as far as this user can see them. What a killed one has left is removed.
    static var sockets: [String] {
        directories.flatMap { directory in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            return names.filter { $0.hasSuffix(".sock") }.sorted().map { "\(directory)/\($0)" }
        }.filter { path in
            SocketFile.removeAbandoned(path)
            return FileManager.default.fileExists(atPath: path)
        }
    }

    /// The first directory of those where commands look that is there, or may be, and cannot be looked into, and why.
    static var closed: (path: String, reason: String)? {
        for directory in directories {
            guard let problem = FileAccess.problem(reading: directory), problem.code != ENOENT else { continue }
            return (directory, problem.reason)
        }
        return nil
    }

    /// Where commands look. Whoever names a directory means that one.
    private static var directories: [String] {
        given.map { [$0] } ?? (ofUser == ofSystem ? [ofSystem] : [ofUser, ofSystem])
    }

    /// The directories in words, for a message that no gateway was found.
    static var description: String { directories.joined(separator: " and ") }
}
