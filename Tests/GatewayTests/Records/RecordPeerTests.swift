import Foundation
import TestSupport
import Testing

/// Clients and upstreams of other TLS libraries, whoever protects the gateway's records.
@Suite("TLS records with other libraries", .serialized)
struct RecordPeerTests {
    private static let python = Place.root + ".build-venv/bin/python"
    private static let hasPython = FileManager.default.isExecutableFile(atPath: python)
    private static let missing: Comment = "a peer is missing: scripts/install-tools test"

    private static func peer(_ arguments: [String]) async throws -> Command.Outcome {
        try await Command.run(python, [Place.peer("tls_peer.py")] + arguments)
    }

    @Test(
        "tlslite-ng gets a whole answer, with a record_size_limit, too (RFC 8449)", .enabled(if: hasPython, missing),
        arguments: RecordMode.allCases, [nil, "512"])
    func tlslite(mode: RecordMode, limit: String?) async throws {
        try await RecordSite.serving(mode, bytes: 300_000) { site in
            let outcome = try await Self.peer(["tlslite", "\(site.port)"] + (limit.map { [$0] } ?? []))
            #expect(outcome.text == "300000\n", "\(outcome)")
        }
    }

    @Test("tlslite-ng's KeyUpdates may be cut at each byte", .enabled(if: hasPython, missing), arguments: RecordMode.allCases)
    func fragmentedUpdates(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 1) { site in
            let outcome = try await Self.peer(["updates", "\(site.port)"])
            #expect(outcome.text == String(repeating: "HTTP/1.1 200 OK\n", count: 8), "\(outcome)")
        }
    }

    @Test("the newest OpenSSL gets a whole answer and resumes", .enabled(if: hasPython, missing), arguments: RecordMode.allCases)
    func newestOpenSSL(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 3_000_000) { site in
            let outcome = try await Self.peer(["openssl", "\(site.port)"])
            #expect(outcome.text == String(repeating: "3000000 close_notify\n", count: 3), "\(outcome)")
        }
    }

    @Test(
        "NSS's tstclnt gets a whole answer", .enabled(if: RecordSite.isThere("tstclnt"), missing), arguments: RecordMode.allCases)
    func nss(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 300_000) { site in
            let request = try site.directory.write("request", RecordSite.request)
            let outcome = try await Command.run(
                "tstclnt", ["-D", "-o", "-4", "-h", "localhost", "-p", "\(site.port)", "-V", "tls1.3:tls1.3", "-A", request])
            #expect(outcome.code == 0 && RecordSite.count(outcome.output) == 300_000, "\(outcome)")
        }
    }

    @Test(
        "wolfSSL gets a whole answer, in short fragments and while it changes its keys",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/include/wolfssl/ssl.h"), missing),
        arguments: RecordMode.allCases)
    func wolfSSL(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 3_000_000) { site in
            let client = try await site.built("wolfssl_client", ["-lwolfssl"])
            for options in [[], ["short"], ["updates"], ["short", "updates"]] {
                let outcome = try await Command.run(client, ["\(site.port)"] + options)
                #expect(outcome.text == "3000000 close_notify\n", "\(options) \(outcome)")
            }
        }
    }

    @Test(
        "gnutls-cli that changes keys, its own and both, goes on",
        .enabled(if: RecordSite.isThere("gnutls-cli"), missing), arguments: RecordMode.allCases)
    func gnutls(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 1) { site in
            let client = try ChildProcess(
                "gnutls-cli",
                ["--inline-commands", "--x509cafile=\(site.certificates.authority)", "--port=\(site.port)", "localhost"])
            for (round, command) in ["^rekey^\n", "^rekey1^\n", "^rekey^\n"].enumerated() {
                try client.write(command)
                _ = try await client.output.first { _ in
                    client.output.all.count { $0.contains("Rekey was completed") } == round + 1
                }
                try client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await client.output.first { _ in client.output.all.count { $0 == "small" } == round + 1 }
            }
            client.kill()
        }
    }

    @Test("who asks for a key with each record, to the end and beyond, gets the end", arguments: RecordMode.allCases)
    func updatesAfterTheEnd(mode: RecordMode) async throws {
        // So much fits into the kernel's buffers: the gateway is done with it before the client has read, and asked, much.
        try await RecordSite.serving(mode, bytes: 3_000_000) { site in
            let client = try await site.built("updating_reader", ["-lssl", "-lcrypto"])
            for _ in 1...5 {
                let outcome = try await Command.run(client, ["\(site.port)"])
                #expect(outcome.text == "3000000 close_notify\n", "\(outcome)")
            }
        }
    }

    @Test(
        "what an upstream says is not lost by KeyUpdates among it, nor by one that cannot be answered",
        .enabled(if: hasPython, missing), arguments: RecordMode.allCases)
    func upstream(mode: RecordMode) async throws {
        let certificates = try await Certificates.ready()
        let server = try ChildProcess(
            Self.python, [Place.peer("tls_peer.py"), "upstream", certificates.local.certificate, certificates.local.key])
        let upstream = try await server.output.first { $0.hasPrefix("port ") }.dropFirst(5)
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "https://localhost:\(upstream)", upstream: "ca_file = \"\(certificates.authority)\"", top: mode.toml)
        try await Gatehouse.serving(toml) { gatehouse in
            // The first answer of a connection is read by OpenSSL, the next ones by the record layer of this program.
            for _ in 1...10 {
                for (path, count) in [("small", 1000), ("updates", 100_000), ("small", 1000), ("reset", 1000)] {
                    let answer = try await Command.curl(["-w", "%{http_code}", "http://localhost:\(port)/\(path)"])
                    #expect(answer.text == String(repeating: "x", count: count) + "200", "\(path): \(answer)")
                }
            }
        }
        server.kill()
    }
}
