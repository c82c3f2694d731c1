import Glibc
import TestSupport
import Testing

/// Each way in which a client's handshake fails, by real clients, and what the log says of it.
@Suite("Failed handshakes, explained")
struct HandshakeFaultTests {
    /// What `openssl s_client` is given, the cause, and other words of the line.
    static let clients: [(options: [String], cause: String, words: [String])] = [
        (
            ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "no_shared_version",
            [
                "explanation=\"the client offers no version of TLS that this site speaks\"", " offered_versions=TLSv1.1 ",
                " reason=\"unsupported protocol\" ", " ja4=t11d", " server_name=localhost",
            ]
        ),
        (
            ["-tls1", "-cipher", "ALL:@SECLEVEL=0", "-noservername"], "no_shared_version",
            [" offered_versions=TLSv1 ", " ja4=t10i", " server_name=-"]
        ),
        (
            ["-tls1_2", "-cipher", "AES128-SHA:AES256-SHA"], "no_shared_suite",
            [" offered_suites=AES128-SHA,AES256-SHA offered_versions=TLSv1.2 ", " reason=\"no shared cipher\" "]
        ),
        (["-tls1_2", "-cipher", "ALL:!ECDHE:@SECLEVEL=0"], "no_shared_suite", [",+"]),
        (["-tls1_3", "-groups", "P-521"], "no_shared_group", [" offered_groups=P-521 "]),
        (["-tls1_2", "-groups", "P-521"], "no_shared_group", [" offered_groups=P-521 ", "reason=\"no shared cipher\""]),
        (["-tls1_3", "-sigalgs", "RSA-PSS+SHA256"], "no_shared_signature", ["an RSA certificate besides"]),
        (
            ["-alpn", "imap", "-noservername"], "no_application_protocol",
            [" offered_alpn=imap ", " reason=\"no application protocol\" ", "offered_versions=TLSv1.3,TLSv1.2,TLSv1.1,TLSv1 "]
        ),
        (["-verify_return_error"], "client_does_not_know_authority", [" reason=\"tlsv1 alert unknown ca\" ", "gatehouse check"]),
        (
            ["-verify_return_error", "-CAfile", "CA", "-verify_hostname", "other.test"], "client_refuses_certificate",
            ["it may be for another name"]
        ),
    ]

    @Test("what s_client tries is told with cause, remedy and what it offered", arguments: clients)
    func sClient(options: [String], cause: String, words: [String]) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let name = options.contains("-noservername") ? [] : ["-servername", "localhost"]
            let given = options.map { $0 == "CA" ? certificates.authority : $0 }
            let outcome = try await Command.sClient(port, name + given)
            #expect(outcome.code != 0, "\(outcome)")
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains(" cause=\(cause) ") && line.contains(" remedy=\""), "\(line)")
            for word in words { #expect(line.contains(word), "\(word): \(line)") }
        }
    }

    @Test(
        "strict_sni refuses names that nobody has, and hellos without one; without it they get the default site's certificate",
        arguments: [true, false])
    func strictNames(isStrict: Bool) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl() + "\nstrict_sni = \(isStrict)")
        try await Gatehouse.serving(toml) { gatehouse in
            #expect(try await Command.sClient(port, ["-servername", "localhost"]).code == 0)
            for (options, cause) in [(["-noservername"], "no_server_name"), (["-servername", "x.test"], "unknown_server_name")] {
                for version in ["-tls1_2", "-tls1_3"] {
                    let outcome = try await Command.sClient(port, options + [version])
                    #expect((outcome.code == 0) != isStrict, "\(outcome)")
                    guard isStrict else { continue }
                    #expect(outcome.errors.contains("alert number 112"), "\(outcome)")
                    let line = try await gatehouse.log.first { $0.contains(" cause=\(cause) ") }
                    #expect(line.contains("strict"), "\(line)")
                }
            }
        }
    }

    @Test("a name with Unicode's line ends and controls is escaped: it neither ends the line nor commands a terminal")
    func unprintableName() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let name = "ü\u{9B}31m\u{202E}\u{85}\u{2028}\u{61C}z"
            let outcome = try await Command.sClient(port, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-servername", name])
            #expect(outcome.code != 0, "\(outcome)")
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            let obeyed: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
            #expect(!line.unicodeScalars.contains { obeyed.contains($0.properties.generalCategory) }, "\(line)")
            // What is printable stands as it is.
            #expect(line.contains(" server_name=\"ü\\u{") && line.contains("\\u{202E}") && line.hasSuffix("z\""), "\(line)")
        }
    }

    /// Bytes of a client that is none, and the cause.
    static let bytes: [(bytes: [UInt8], ending: Ending, cause: String)] = [
        (Array("GET / HTTP/1.1\r\n\r\n".utf8), .waits, "plain_http"), (Array("quit\r\n".utf8), .waits, "not_tls"),
        // SSL 2's CLIENT-HELLO, for SSL 2 alone: seven suites, no session, a challenge of 16 bytes.
        (
            [0x80, 0x1C, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80] + [UInt8](repeating: 7, count: 16), .waits, "ssl2_hello"
        ),
        ([], .closes, "closed"), ([0x16, 3, 1], .closes, "closed"), ([0x16, 3, 1, 0, 200, 1], .resets, "reset"),
        // A hello whose session identifier is longer than the hello.
        ([0x16, 3, 1, 0, 43, 1, 0, 0, 39, 3, 3] + [UInt8](repeating: 7, count: 32) + [0xFF, 0, 0, 0, 0], .waits, "malformed"),
        // An alert in place of a hello, and data.
        ([0x15, 3, 1, 0, 2, 2, 40], .waits, "malformed"), ([0x17, 3, 3, 0, 1, 0], .waits, "malformed"),
        ([0x16, 3, 1, 0, 200, 1], .isSilent, "timeout"), (hello, .finishes, "closed_after_hello"),
        // What the server sent is unread: the kernel resets.
        (hello, .closes, "reset"),
        (hello, .isSilent, "timeout_after_hello"),
    ]

    enum Ending: Sendable { case waits, closes, finishes, resets, isSilent }

    /// For TLS 1.2, with one suite and two groups that every site has.
    static let hello: [UInt8] = {
        let extensions: [UInt8] = [0, 10, 0, 6, 0, 4, 0, 29, 0, 23, 0, 13, 0, 4, 0, 2, 4, 3, 0, 11, 0, 2, 1, 0]
        let body: [UInt8] =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0xC0, 0x2B, 1, 0, 0, UInt8(extensions.count)] + extensions
        return [0x16, 3, 1, 0, UInt8(body.count + 4), 1, 0, 0, UInt8(body.count)] + body
    }()

    @Test("clients that break off, fall silent, or speak something else", arguments: bytes)
    func broken(bytes: [UInt8], ending: Ending, cause: String) async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let limits = ending == .isSilent ? "[limits]\nhandshake_timeout = 0.3" : ""
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl(), top: limits)
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(bytes)
                switch ending {
                case .waits, .isSilent: _ = try? wire.readToEnd()
                case .closes: wire.close()
                case .finishes:
                    wire.finishWriting()
                    _ = try? wire.readToEnd()
                case .resets: wire.reset()
                }
            }
            let line = try await gatehouse.log.first { $0.contains("TLS handshake failed") }
            #expect(line.contains(" cause=\(cause) "), "\(line)")
        }
    }

    @Test("a hello that is cut anywhere is a failed handshake, and the next client is served")
    func cut() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                for count in 0..<Self.hello.count {
                    let wire = try Wire(to: port.number)
                    try wire.write(Array(Self.hello.prefix(count)))
                    wire.close()
                }
            }
            let outcome = try await Command.sClient(port, ["-servername", "localhost"])
            #expect(outcome.code == 0, "\(outcome)")
            let lines = gatehouse.log.all.filter { $0.contains("TLS handshake failed") }
            #expect(!lines.isEmpty && lines.allSatisfy { $0.contains(" cause=closed ") }, "\(lines)")
        }
    }

    @Test("whoever fails is read on after, but holds a connection for no longer than a handshake may last")
    func room() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let top = """
            [performance]
            worker_threads = 1
            max_connections = 1
            [limits]
            handshake_timeout = 3
            lingering_timeout = 600
            lingering_time = 600
            """
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: certificates.ssl(), top: top)
        try await Gatehouse.serving(toml) { gatehouse in
            let failed = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("quit\r\n")
                return wire
            }
            _ = try await gatehouse.log.first { $0.contains(" cause=not_tls ") }
            // It comes in when the other one's place is free, and before that not.
            let next = try await Command.curl(
                ["--cacert", certificates.authority, "-o", "/dev/null", "-w", "%{http_code}", "https://localhost:\(port)/"])
            #expect(next.text == "502", "\(next)")
            failed.close()
        }
    }

    @Test("failed handshakes are told a bounded number of times in a second, and counted always")
    func bounded() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:1", ssl: certificates.ssl(), top: "[limits]\nhandshake_failure_lines = 0")
        try await Gatehouse.serving(toml) { gatehouse in
            for _ in 0..<3 { _ = try await Command.sClient(port, ["-alpn", "imap"]) }
            _ = try await Command.sClient(port, ["-servername", "localhost"])
            let serving = try await gatehouse.log.first { $0.contains(" admin=") }
            let socket = try #require(serving.firstMatch(of: /admin=([^ ]+)/)?.1)
            let status = try await Command.run(Place.gatehouse, ["status", "--socket", String(socket)])
            #expect(
                status.text.contains("TLS handshakes 1 (0 resumed), 3 failed: no_application_protocol 3"), "\(status)")
            #expect(!gatehouse.log.all.contains { $0.contains("TLS handshake failed") })
        }
    }
}
