import Foundation
import TestSupport
import Testing

/// TLS 1.3's record layer is the gateway's own, or OpenSSL's. Its peer here makes each record by hand (RFC 8446 §5, §6).
@Suite("TLS records", .serialized)
struct RecordTests {
    private static let ok = "HTTP/1.1 200 OK"
    private static let unexpectedMessage = "alert 2 10"
    private static let badRecordMAC = "alert 2 20"
    private static let recordOverflow = "alert 2 22"
    private static let decodeError = "alert 2 50"
    private static let illegalParameter = "alert 2 47"

    /// What the peer does, and what comes of it.
    private static let cases = [
        ("request", ok), ("padded-bytes", ok), ("longest-padding", ok), ("full-record", ok), ("few-empties", ok),
        ("user-canceled", ok), ("update", ok), ("update-in-two", ok), ("update-both", "key_update \(ok)"),
        ("update-thrice", "key_update \(ok)"), ("update-awaited", ok), ("request-then-close", "\(ok)\nclose_notify"),
        ("close-notify", "close_notify"),
        ("half-a-record", "close_notify"), ("fatal-alert", "cut"), ("many-empties", unexpectedMessage),
        ("unknown-type", unexpectedMessage), ("no-type", unexpectedMessage), ("empty-message", unexpectedMessage),
        ("empty-alert", unexpectedMessage), ("client-hello", unexpectedMessage), ("data-within-update", unexpectedMessage),
        ("two-updates-at-once", unexpectedMessage), ("update-flood", unexpectedMessage),
        ("change-cipher-spec", unexpectedMessage), ("plain-handshake", unexpectedMessage), ("plain-alert", unexpectedMessage),
        ("too-much-content", recordOverflow), ("too-long-padding", recordOverflow), ("over-long", recordOverflow),
        ("long-alert", decodeError), ("update-of-nothing", illegalParameter), ("long-update", decodeError),
        ("old-key-after-update", badRecordMAC), ("over-short", badRecordMAC), ("nothing-in-it", badRecordMAC),
        ("flipped", badRecordMAC), ("flipped-tag", badRecordMAC), ("other-length", badRecordMAC),
        ("replayed", "\(badRecordMAC)\ncut"), ("skipped", badRecordMAC), ("other-version", badRecordMAC),
    ]

    @Test(
        "each record is taken as the standard says, and a wrong one is answered with its alert",
        arguments: [(RecordMode.own, false), (.own, true), (.openssl, false)])
    func records(mode: RecordMode, byteByByte: Bool) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let peer = directory.path + "/hostile_records"
        let built = try await Command.run(
            "clang", ["-O1", "-o", peer, Place.peer("hostile_records.c"), "-lssl", "-lcrypto"])
        #expect(built.exit == .code(0), "\(built)")
        let (port, plain) = try (FreePort(), FreePort())
        let nginx = try await Nginx(
            "server { listen 127.0.0.1:\(plain) reuseport; location / { return 200 small; } }", in: directory)
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(plain)", ssl: certificates.ssl(), top: mode.toml)
        try await Gatehouse.serving(toml) { gatehouse in
            let start = gatehouse.log.all.first { $0.contains(": serving addresses=") }
            #expect(
                start?.contains(mode == .own ? "tls_records=own" : "by OpenSSL, as [tls] records says") == true, "\(start ?? "")")
            for (name, expected) in Self.cases {
                // A refusal may overtake the rest of what the peer sends: then the peer's own writing fails.
                // OpenSSL's choice of alerts is its own.
                if byteByByte || mode == .openssl, !expected.contains(Self.ok) { continue }
                // What comes alone is answered alone.
                if byteByByte, name == "update-thrice" { continue }
                // OpenSSL does not spare answers to KeyUpdates, and they come with the next data (RFC 8446 §4.6.3 allows that).
                if mode == .openssl, ["update-thrice", "update-awaited"].contains(name) { continue }
                let outcome = try await Command.run(
                    peer, ["\(port)", name], environment: byteByByte ? ["BYTE_BY_BYTE": "1"] : [:])
                #expect(outcome.text == expected + "\n", "\(name): \(outcome)")
            }
        }
        _ = nginx
    }

    @Test(
        "every cipher suite carries a large upload and a large answer",
        arguments: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"], RecordMode.allCases)
    func suites(suite: String, mode: RecordMode) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let content = (0..<300_000).map { "line \($0)\n" }.joined()
        let file = try directory.write("content.txt", content)
        let (port, echo) = try (FreePort(), Upstream.answering { Upstream.ok($0.text) })
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(echo)", ssl: certificates.ssl(), top: mode.toml)
        try await Gatehouse.serving(toml) { gatehouse in
            let answer = try await Command.curl([
                "--tls13-ciphers", suite, "--cacert", certificates.authority, "--data-binary", "@\(file)",
                "https://localhost:\(port)/\(suite)",
            ])
            #expect(answer.text == content, "\(answer)")
            #expect(try await gatehouse.access("/\(suite)")["cipher"] == suite)
        }
    }
}
