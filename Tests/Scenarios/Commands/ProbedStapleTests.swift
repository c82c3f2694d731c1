import Foundation
import TestSupport
import Testing

/// What `gatehouse tls probe` says of the OCSP answer that a server shows with its certificate.
@Suite("The staple that gatehouse tls probe sees")
struct ProbedStapleTests {
    @Test(
        "is what the answer says of that certificate, in its time",
        arguments: [
            ("good", "good"), ("undated", "good"), ("revoked", "revoked"), ("unknown", "unknown"), ("expired", "not in its time"),
            ("future", "not in its time"), ("another", "of another certificate"), ("tryLater", "useless"),
        ])
    func said(kind: String, words: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let authority = try await MadeCertificate.make(
            "authority", in: directory, extensions: ["basicConstraints = critical,CA:true"])
        let leaf = try await MadeCertificate.make("a.test", in: directory, names: ["DNS:a.test"], issuer: authority)
        let responder = try ChildProcess(
            Place.pythonWithLibraries, [Place.peer("ocsp_responder.py"), authority.file, authority.keyFile])
        defer { responder.kill() }
        let responderPort = try await responder.output.first("the responder's port") { Int($0) != nil }
        let answer = directory.path + "/answer.der"
        // It writes down what is of no use to itself, too, and says so.
        _ = try await Command.run(
            "openssl",
            [
                "ocsp", "-issuer", authority.file, "-cert", leaf.file, "-url", "http://127.0.0.1:\(responderPort)/\(kind)",
                "-noverify", "-respout", answer,
            ])
        let server = try ChildProcess(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", leaf.file, "-key", leaf.keyFile, "-status_file", answer,
            ])
        defer { server.kill() }
        _ = try await server.output.first("ACCEPT") { $0.hasPrefix("ACCEPT") }
        let outcome = try await Command.run(
            Place.gatehouse, ["tls", "probe", "127.0.0.1:\(port)", "--name", "a.test", "--ca", authority.file, "--json"])
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(outcome.output)) as? [String: Any], "\(outcome)")
        #expect(json["staple"] as? String == words, "\(outcome)")
    }
}
