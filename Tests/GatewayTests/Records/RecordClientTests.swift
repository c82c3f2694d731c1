import Foundation
import TestSupport
import Testing

/// Real clients whose records are not the common ones, whoever protects the gateway's.
@Suite("TLS records with clients", .serialized)
struct RecordClientTests {
    @Test("openssl s_client that asks for short fragments gets all of an answer, also resumed", arguments: RecordMode.allCases)
    func fragmentLength(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 100_000) { site in
            let session = site.directory.path + "/session"
            for resumption in ["-sess_out", "-sess_in"] {
                let client = try ChildProcess(
                    "openssl",
                    [
                        "s_client", "-connect", "127.0.0.1:\(site.port)", "-CAfile", site.certificates.authority, "-ign_eof",
                        "-maxfraglen", "512", resumption, session,
                    ])
                try client.write(RecordSite.request)
                #expect(try await client.exit() == .code(0))
                #expect(RecordSite.count(client.outputBytes) >= 100_000, "\(resumption)")
                let said = client.output.all.contains { $0.hasPrefix("Reused, TLSv1.3") }
                #expect(said == (resumption == "-sess_in"))
            }
        }
    }

    @Test(
        "gnutls-cli that asks for short fragments gets all of an answer",
        .enabled(if: RecordSite.isThere("gnutls-cli"), "gnutls-cli is missing: scripts/install-tools test"),
        arguments: RecordMode.allCases)
    func gnutls(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 100_000) { site in
            let client = try ChildProcess(
                "gnutls-cli",
                [
                    "--recordsize=512", "--x509cafile=\(site.certificates.authority)", "--port=\(site.port)",
                    "--no-ca-verification",
                    "localhost",
                ])
            try client.write(RecordSite.request)
            #expect(try await client.exit() == .code(0), "\(client.errors.all)")
            #expect(RecordSite.count(client.outputBytes) >= 100_000)
        }
    }

    @Test("s_client that changes its keys goes on", arguments: RecordMode.allCases)
    func keyUpdates(mode: RecordMode) async throws {
        try await RecordSite.serving(mode, bytes: 1000) { site in
            let client = try ChildProcess(
                "openssl", ["s_client", "-connect", "127.0.0.1:\(site.port)", "-CAfile", site.certificates.authority])
            for round in 1...3 {
                // "K": a KeyUpdate that asks for ours; "k": one that does not (openssl-s_client(1), "CONNECTED COMMANDS").
                for command in ["K\n", "k\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
                    let count = client.errors.all.count { $0.contains("KEYUPDATE") }
                    try client.write(command)
                    guard command.count == 2 else { continue }
                    _ = try await client.errors.first { _ in client.errors.all.count { $0.contains("KEYUPDATE") } > count }
                }
                _ = try await client.output.first { _ in client.output.all.count { $0 == "small" } == round }
            }
            client.kill()
        }
    }

    @Test(
        "Java past its key limit, which asks for a new key with each record that it reads, gets a whole download",
        .enabled(if: RecordSite.isThere("javac"), "a JDK is missing"), arguments: RecordMode.allCases)
    func keyLimits(mode: RecordMode) async throws {
        let bytes = 20 << 20
        try await RecordSite.serving(mode, bytes: bytes) { site in
            let outcome = try await Command.run("java", [Place.peer("KeyLimitDownload.java"), "\(site.port)", "\(bytes)"])
            #expect(Int(outcome.text.dropLast()).map { $0 >= bytes } == true, "\(outcome)")
            #expect(try await site.gatehouse.access("/large")["status"] == "200")
        }
    }

    @Test("no secret outlives its use in memory", .disabled(if: Place.isSanitized, "freed memory is kept apart"))
    func secrets() async throws {
        try await RecordSite.serving(.own, bytes: 1000) { site in
            let log = site.directory.path + "/keylog"
            let client = try ChildProcess(
                "openssl",
                ["s_client", "-connect", "127.0.0.1:\(site.port)", "-CAfile", site.certificates.authority, "-keylogfile", log])
            func exchange() async throws {
                let count = client.output.all.count { $0.contains("small") }
                try client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await client.output.first { _ in client.output.all.count { $0.contains("small") } > count }
            }
            func found() async throws -> String {
                try await Command.run(Place.python, [Place.peer("secrets_in_memory.py"), "\(site.gatehouse.process.pid)", log])
                    .text
            }
            try await exchange()
            let first = try await found()
            guard first != "may not look\n" else { return }
            // The keys in use are there, and nothing else is.
            #expect(first == "CLIENT_TRAFFIC_SECRET_0 SERVER_TRAFFIC_SECRET_0\n")
            // Both change their keys.
            try client.write("K\n")
            _ = try await client.errors.first { $0.contains("KEYUPDATE") }
            try await exchange()
            #expect(try await found() == "CLIENT_TRAFFIC_SECRET_N SERVER_TRAFFIC_SECRET_N\n")
            client.kill()
            _ = try await client.exit()
            // By the time that another client has its answer the end of the first has been seen.
            let answer = try await Command.curl(["--cacert", site.certificates.authority, "https://localhost:\(site.port)/"])
            #expect(answer.text == "small\n")
            #expect(try await found() == "\n")
        }
    }
}
