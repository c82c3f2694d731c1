import Foundation
import Testing

@testable import TLS

/// A CA of our own and its certificates, made once for a test run by `scripts/make-certs --tests`.
enum Certificates {
    private static let directory: Result<String, any Error> = Result {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-transport-tests-\(getuid())")
        let process = Process()
        process.executableURL = root.appending(path: "scripts/make-certs")
        process.arguments = ["--tests", directory.path(percentEncoded: false)]
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return directory.path(percentEncoded: false)
    }

    static func authority() throws -> String { try directory.get() + "/ca.crt" }

    /// The files of a certificate: "localhost", or one of those under tests/.
    static func files(_ name: String) throws -> (certificate: String, key: String) {
        let stem = try directory.get() + (name == "localhost" ? "/" : "/tests/") + name
        return (stem + ".crt", stem + ".key")
    }

    static func server(_ name: String = "localhost", records: TLSRecords = .own) throws -> TLSServerNames {
        let files = try files(name)
        return TLSServerNames(
            [:], fallback: try TLSServerContext(certificateFile: files.certificate, keyFile: files.key, records: records))
    }

    static func client(for name: String = "localhost", records: TLSRecords = .own) throws -> TLSClientContext {
        try TLSClientContext(TLSClientContext.Settings(serverName: name, caFile: authority(), records: records))
    }
}
