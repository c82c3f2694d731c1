import Foundation
import TestSupport
import Testing

/// A site over TLS for clients whose records matter: /large has so many tildes, which no head has, and / is `small`.
struct RecordSite: Sendable {
    let port: FreePort
    let gatehouse: Gatehouse
    let certificates: Certificates
    /// For the test's own files.
    let directory: TemporaryDirectory

    /// What asks for /large, and for the connection's end after it.
    static let request = "GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    static func serving(_ mode: RecordMode, bytes: Int, _ body: (RecordSite) async throws -> Void) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        _ = try directory.write("large", [UInt8](repeating: UInt8(ascii: "~"), count: bytes))
        _ = try directory.write("index.html", "small\n")
        let port = try FreePort()
        let toml = """
            \(mode.toml)
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)"
            \(certificates.ssl())
            """
        try await Gatehouse.serving(toml) { gatehouse in
            try await body(RecordSite(port: port, gatehouse: gatehouse, certificates: certificates, directory: directory))
        }
    }

    /// How many tildes of /large a client has printed.
    static func count(_ output: [UInt8]) -> Int { output.count { $0 == UInt8(ascii: "~") } }

    /// Compiles a peer in C into the directory.
    /// - Returns: the program's path.
    func built(_ name: String, _ libraries: [String]) async throws -> String {
        let program = "\(directory.path)/\(name)"
        let outcome = try await Command.run("clang", ["-O1", "-o", program, Place.peer("\(name).c")] + libraries)
        #expect(outcome.code == 0, "\(outcome)")
        return program
    }

    /// Is the program on this machine?
    static func isThere(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }
}
