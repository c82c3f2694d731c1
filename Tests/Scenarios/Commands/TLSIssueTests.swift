import Foundation
import TestSupport
import Testing

@Suite("gatehouse tls issue")
struct TLSIssueTests {
    private let directory: TemporaryDirectory
    private var folder: String { directory.path + "/dev" }

    init() throws { directory = try TemporaryDirectory() }

    private func issue(_ arguments: String...) async throws -> Command.Outcome {
        try await Command.run(Place.gatehouse, ["tls", "issue", "--out", folder] + arguments)
    }

    private func text(of file: String, _ arguments: String...) async throws -> String {
        try await Command.run("openssl", ["x509", "-in", "\(folder)/\(file)", "-noout"] + arguments).text
    }

    private func bytes(_ file: String) throws -> Data { try Data(contentsOf: URL(filePath: "\(folder)/\(file)")) }

    @Test(
        "makes what a site serves and clients trust, keeps it, and makes another one when told",
        arguments: ["p256", "p384", "rsa"])
    func issued(key: String) async throws {
        let names = ["shop.test", "*.shop.test", "127.0.0.1", "::1"]
        let arguments = ["tls", "issue", "--out", folder, "--key", key] + names
        let made = try await Command.run(Place.gatehouse, arguments)
        #expect(made.code == 0 && made.text.contains("made an authority: \(folder)/ca.crt"), "\(made)")
        for (file, mode) in [("ca.key", 0o600), ("shop.test.key", 0o600), ("ca.crt", 0o644), ("shop.test.crt", 0o644)] {
            let found = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")[.posixPermissions] as? Int
            #expect(found == mode, "\(file)")
        }
        let port = try FreePort()
        let site = """
            [[sites]]
            hostname = "shop.test"
            port = \(port)
            respond = { body = "hello" }
            [sites.ssl]
            enabled = true
            cert_file = "\(folder)/shop.test.crt"
            key_file = "\(folder)/shop.test.key"
            """
        try await Gatehouse.serving(site) { _ in
            for host in ["shop.test", "a.shop.test"] {
                let answer = try await Command.curl([
                    "--cacert", "\(folder)/ca.crt", "--resolve", "\(host):\(port):127.0.0.1", "https://\(host):\(port)/",
                ])
                #expect(answer.text == "hello", "\(answer)")
            }
        }
        let first = try bytes("shop.test.crt")
        let kept = try await Command.run(Place.gatehouse, arguments)
        #expect(kept.code == 0 && kept.text.contains("kept ") && !kept.text.contains("authority"), "\(kept)")
        #expect(try bytes("shop.test.crt") == first)
        let anew = try await Command.run(Place.gatehouse, arguments + ["--force"])
        #expect(anew.code == 0 && anew.text.contains("made "), "\(anew)")
        #expect(try bytes("shop.test.crt") != first)
        // Another name, or another use, is no more what is there.
        for more in [["www.other.test"], ["--client"]] {
            let outcome = try await Command.run(Place.gatehouse, arguments + more)
            #expect(outcome.code == 0 && outcome.text.contains("made "), "\(outcome)")
        }
    }

    @Test("a client's certificate is for clients alone")
    func client() async throws {
        let made = try await issue("--client", "--days", "3", "alice.test")
        #expect(made.code == 0, "\(made)")
        for (purpose, code) in [("sslclient", Int32(0)), ("sslserver", 2)] {
            let outcome = try await Command.run(
                "openssl", ["verify", "-purpose", purpose, "-CAfile", "\(folder)/ca.crt", "\(folder)/alice.test.crt"])
            #expect(outcome.code == code, "\(outcome)")
        }
        #expect(try await text(of: "alice.test.crt", "-checkend", "345600").contains("will expire"))
    }

    @Test("what make-certs has made is an authority, too")
    func foreignAuthority() async throws {
        let certificates = try await Certificates.ready()
        for name in ["ca.crt", "ca.key"] {
            try directory.write("dev/\(name)", [UInt8](try Data(contentsOf: URL(filePath: "\(certificates.directory)/\(name)"))))
        }
        let made = try await issue("x.test")
        #expect(made.code == 0 && !made.text.contains("made an authority"), "\(made)")
        let outcome = try await Command.run("openssl", ["verify", "-CAfile", certificates.authority, "\(folder)/x.test.crt"])
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("what it cannot do it says, and overwrites nothing")
    func refused() async throws {
        let bank = try await issue("bank.example")
        #expect(bank.code == 1 && bank.errors.contains("not for bank.example"), "\(bank)")
        let person = try await issue("alice", "--client")
        #expect(person.code == 1 && person.errors.contains("not for alice; alice.internal would be one"), "\(person)")
        // Nor is an authority left behind that nobody has use for.
        #expect(bank.text.isEmpty && !FileManager.default.fileExists(atPath: folder), "\(bank)")
        let own = try await issue("localhost", "--days", "826")
        #expect(own.code == 2 && own.errors.contains("--days"), "\(own)")
        for name in ["../x.test", "a..test", ".test", "a b.test", "-a.test", "*.*.test", "a.*.test", "ü.test", "[::1]", ""] {
            let none = try await issue("--", name)
            #expect(none.code == 2 && none.errors.contains("\"\(name)\" is no host name: "), "\(none)")
        }
        // It would be issued, and OpenSSL would find no name in it.
        for name in ["*.internal", "*.test", "*.localhost"] {
            let wide = try await issue("shop.test", name)
            #expect(wide.code == 2 && wide.errors.contains("*.shop.\(name.dropFirst(2))"), "\(wide)")
        }
        #expect(!FileManager.default.fileExists(atPath: folder))
        let other = try TemporaryDirectory()
        try other.write("ca.key", "somebody's")
        let half = try await Command.run(Place.gatehouse, ["tls", "issue", "-o", other.path, "a.test"])
        #expect(half.code == 1 && half.errors.contains("ca.key is there without its other half"), "\(half)")
        #expect(try String(contentsOfFile: "\(other.path)/ca.key", encoding: .utf8) == "somebody's")
        try other.write("ca.crt", "no certificate")
        let broken = try await Command.run(Place.gatehouse, ["tls", "issue", "-o", other.path, "a.test"])
        #expect(broken.code == 1 && broken.errors.contains("ca.crt holds no certificate"), "\(broken)")
    }
}
