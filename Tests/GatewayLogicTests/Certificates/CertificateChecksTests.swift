import Configuration
import Foundation
import TestSupport
import Testing

@testable import Gateway

@Suite("What is said of a site's certificates and keys before they are served")
struct CertificateChecksTests {
    /// - Parameter made: the site's certificates, in their order.
    private func problems(_ made: [(file: String, keyFile: String)]) throws -> [String] {
        let files = made.map { "cert_file = \"\($0.file)\"\nkey_file = \"\($0.keyFile)\"\n" }
        let site = """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = 9145
            respond = { body = "here" }
            [sites.ssl]
            enabled = true
            \(files.joined(separator: "[[sites.ssl.certificates]]\n"))
            """
        let read = Configuration.parse(text: site, file: "test.toml")
        let configuration = try #require(read.configuration, "\(read.problems)")
        var builder = PlanBuilder(configuration)
        let plan = builder.build(workers: 1)
        #expect(plan != nil, "\(builder.problems)")
        return builder.problems.map { "\($0.severity): \($0.keyPath): \($0.message)" }
    }

    private func make(
        _ name: String, in directory: TemporaryDirectory,
        key: [String] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    ) async throws -> (file: String, keyFile: String) {
        let made = try await MadeCertificate.make(name, in: directory, names: ["DNS:localhost"], key: key)
        return (made.file, made.keyFile)
    }

    @Test("a key that everybody on the machine can read is told of with its mode, unless a directory keeps them out")
    func keyMode() async throws {
        let directory = try TemporaryDirectory()
        let made = try await make("site", in: directory)
        func set(_ mode: Int, of path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        try set(0o755, of: directory.path)
        try set(0o640, of: made.keyFile)
        #expect(try problems([made]).isEmpty)
        try set(0o644, of: made.keyFile)
        #expect(
            try problems([made]) == [
                "warning: sites[0].ssl.key_file: everybody on this machine can read \(made.keyFile) (mode 644): "
                    + "who has it can be this site"
            ])
        try set(0o750, of: directory.path)
        #expect(try problems([made]).isEmpty)
    }

    @Test(
        "a key that few clients can verify is noted where there is no other",
        arguments: [
            ("Ed25519", ["-algorithm", "ED25519"]), ("P-521", ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"]),
        ])
    func rareKey(name: String, key: [String]) async throws {
        let directory = try TemporaryDirectory()
        let made = try await make("rare", in: directory, key: key)
        #expect(
            try problems([made]) == [
                "note: sites[0].ssl.cert_file: \(made.file): Chrome, Android and most clients of gRPC cannot verify its key, "
                    + "which is one of \(name)"
            ])
        let usual = try await make(
            "usual", in: directory, key: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        #expect(try problems([usual]).isEmpty)
        #expect(try problems([usual, made]).isEmpty)
    }

    @Test("a chain that is longer than clients read is told of")
    func longChain() async throws {
        let directory = try TemporaryDirectory()
        let made = try await make("site", in: directory)
        let one = try String(contentsOfFile: made.file, encoding: .utf8)
        for (count, isTold) in [(10, false), (200, true)] {
            let bundle = try directory.write("bundle-\(count).crt", String(repeating: one, count: count))
            let problems = try problems([(bundle, made.keyFile)])
            let told = problems.filter { $0.hasPrefix("warning: sites[0].ssl.cert_file: \(bundle): its chain of ") }
            #expect(problems == told && told.isEmpty != isTold, "\(problems)")
        }
    }
}
