import Foundation
import Testing

@testable import TLS

/// A CA of our own and its certificates, made once for a test run by `scripts/make-certs --tests`.
enum Certificates {
    private static let directory = made(["--tests"], "gatehouse-transport-tests-\(getuid())")
    /// Another CA with another certificate for localhost.
    private static let other = made([], "gatehouse-transport-tests-\(getuid())-other")

    private static func made(_ arguments: [String], _ name: String) -> Result<String, any Error> {
        Result { try make(arguments, name) }
    }

    private static func make(_ arguments: [String], _ name: String) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let directory = FileManager.default.temporaryDirectory.appending(path: name)
        let process = Process()
        process.executableURL = root.appending(path: "scripts/make-certs")
        process.arguments = arguments + [directory.path(percentEncoded: false)]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return directory.path(percentEncoded: false)
    }

    static func authority() throws -> String { try directory.get() + "/ca.crt" }
    static func otherAuthority() throws -> String { try other.get() + "/ca.crt" }

    /// A file with the CAs of both.
    static func bothAuthorities() throws -> String {
        let both = try other.get() + "/both.crt"
        let texts = try [authority(), otherAuthority()].map { try String(contentsOfFile: $0, encoding: .utf8) }
        try texts.joined().write(toFile: both, atomically: true, encoding: .utf8)
        return both
    }

    /// Of the other CA, for localhost.
    static func otherFiles() throws -> (certificate: String, key: String) {
        (try other.get() + "/localhost.crt", try other.get() + "/localhost.key")
    }

    /// The files of a certificate: "localhost", or one of those under tests/.
    static func files(_ name: String) throws -> (certificate: String, key: String) {
        let stem = try directory.get() + (name == "localhost" ? "/" : "/tests/") + name
        return (stem + ".crt", stem + ".key")
    }

    static func server(_ name: String = "localhost", records: TLSRecords = .own) throws -> TLSServerNames {
        let files = try files(name)
        var policy = TLSPolicy()
        policy.records = records
        return TLSServerNames(
            [:], fallback: try TLSServerContext(certificateFile: files.certificate, keyFile: files.key, policy))
    }

    static func client(for name: String = "localhost", records: TLSRecords = .own) throws -> TLSClientContext {
        try TLSClientContext(TLSClientContext.Settings(serverName: name, caFile: authority(), records: records))
    }
}
