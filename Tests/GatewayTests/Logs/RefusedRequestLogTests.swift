import TestSupport
import Testing

/// What the log tells of requests that never became any.
@Suite("A request that is refused while it is read")
struct RefusedRequestLogTests {
    /// What is sent, and what the line says of it, in the order of `names`; nil is what it must not have.
    struct Refused: Sendable, CustomTestStringConvertible {
        let request: String
        let reason: String
        let said: [String?]
        var testDescription: String { reason }
    }

    private static let names = ["method", "target", "version", "host", "site", "user_agent"]
    private static let long = String(repeating: "x", count: 9000)
    private static let fields = "Host: localhost\r\nUser-Agent: me\r\n"
    private static let cases = [
        Refused(
            request: "GET /a%5Cb HTTP/1.1\r\n\(fields)\r\n", reason: "path_backslash",
            said: ["GET", "/a%5Cb", "HTTP/1.1", "localhost", "main", "me"]),
        Refused(
            request: "GET /cookie HTTP/1.0\r\n\(fields)Cookie: \(long)\r\n\r\n", reason: "field_too_large",
            said: ["GET", "/cookie", "HTTP/1.0", "localhost", "main", "me"]),
        Refused(
            request: "GET /early HTTP/1.1\r\nCookie: \(long)\r\n\(fields)\r\n", reason: "field_too_large",
            said: ["GET", "/early", "HTTP/1.1", nil, nil, nil]),
        Refused(
            request: "POST /twice HTTP/1.1\r\n\(fields)Host: other\r\n\r\n", reason: "host_repeated",
            said: ["POST", "/twice", "HTTP/1.1", "localhost", "main", "me"]),
        Refused(
            request: "GET /\(long) HTTP/1.1\r\n\(fields)\r\n", reason: "target_too_long",
            said: ["GET", "/" + String(repeating: "x", count: 1023), nil, nil, nil, nil]),
        Refused(
            request: "GET /two HTTP/2.0\r\n\(fields)\r\n", reason: "version_unsupported",
            said: ["GET", "/two", nil, nil, nil, nil]),
        Refused(
            request: "GET /tab\u{1}\"<b> HTTP/1.1\r\n\(fields)\r\n", reason: "control_byte",
            said: ["GET", "/tab", nil, nil, nil, nil]),
        Refused(
            request: "GET / HTTP/1.1\r\nHost: a\"b\u{e9}\r\nUser-Agent: m\"e\r\n\r\n", reason: "host_malformed",
            said: ["GET", "/", "HTTP/1.1", "a\"b\u{c3}\u{a9}", nil, "m\"e"]),
        // A name and a password before the host are nobody's business.
        Refused(
            request: "GET http://me:secret@localhost/ HTTP/1.1\r\n\(fields)\r\n", reason: "host_malformed",
            said: ["GET", "http://-@localhost/", "HTTP/1.1", "localhost", "main", "me"]),
        Refused(
            request: "GET / HTTP/1.1\r\nHost: me:secret@localhost\r\nUser-Agent: me\r\n\r\n", reason: "host_malformed",
            said: ["GET", "/", "HTTP/1.1", "-@localhost", nil, "me"]),
        Refused(request: "\u{16}\u{3}\u{1}\u{2}", reason: "tls_on_plain_port", said: [nil, nil, nil, nil, nil, nil]),
    ]

    @Test("leaves a line with all of it that was read, escaped and bounded", arguments: cases)
    func line(_ refused: Refused) async throws {
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try? wire.write(refused.request)
                _ = try? wire.readAnswer()
            }
            let line = try await gatehouse.access(reason: refused.reason)
            for (name, value) in zip(Self.names, refused.said) { #expect(line[name] == value, "\(name) of \(line)") }
        }
    }

    @Test(
        "because its client ends or breaks off in the middle of it leaves a line, and one that sent nothing leaves none",
        arguments: [
            ("GE", ["GE", nil]), ("GET /part", ["GET", "/part"]), ("GET /part HTTP/1.1\r\nHost: local", ["GET", "/part"]),
            ("GET /part HTTP/1.1\r\nHost: localhost\r\nUser-Agent: me\r\n", ["GET", "/part"]),
        ] as [(String, [String?])], [false, true])
    func ended(_ part: (text: String, said: [String?]), isReset: Bool) async throws {
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:1")) { gatehouse in
            try await onThread {
                // Neither nothing nor an empty line (RFC 9112 §2.2) is the beginning of a request.
                for nothing in ["", "\r\n"] {
                    let wire = try Wire(to: port.number)
                    try wire.write(nothing)
                    wire.finishWriting()
                    _ = try wire.readToEnd()
                }
                let wire = try Wire(to: port.number)
                try wire.write(part.text)
                if isReset { wire.reset() } else { wire.finishWriting() }
            }
            let line = try await gatehouse.access(reason: "client_left")
            #expect(line["status"] == "499" && line["blame"] == "client", "\(line)")
            #expect(line["detail"] == (isReset ? "Connection reset by peer" : nil), "\(line)")
            for (name, value) in zip(["method", "target"], part.said) { #expect(line[name] == value, "\(name) of \(line)") }
            #expect(gatehouse.accessEntries.count == 1)
        }
    }

    @Test("by its deadline, leaves a line with what had come until then")
    func headTimeout() async throws {
        let port = try FreePort()
        let toml = "[limits]\nhead_timeout = 1\n" + Sites.proxy(port, to: "http://127.0.0.1:1")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET /slow HTTP/1.1\r\nHost: localhost\r\nUser-Agent: me\r\nX: y")
                _ = try wire.readAnswer()
            }
            let line = try await gatehouse.access(reason: "head_timeout")
            for (name, value) in zip(Self.names, ["GET", "/slow", "HTTP/1.1", "localhost", "main", "me"]) {
                #expect(line[name] == value, "\(name) of \(line)")
            }
        }
    }
}
