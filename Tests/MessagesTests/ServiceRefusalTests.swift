import HTTP
import Messages
import TestSupport
import Testing

@Suite("What a service refuses, and whom it lets go")
struct ServiceRefusalTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        let request: String
        let status: Int
        let word: String
        var testDescription: String { word }
    }

    private static let refusals: [Refusal] = [
        Refusal(request: "GET / HTTP/1.1\r\n\r\n", status: 400, word: "host_missing"),
        Refusal(request: "GET / HTTP/1.1\nHost: a\n\n", status: 400, word: "bare_lf"),
        Refusal(request: "\u{16}\u{03}\u{01}\u{00}x", status: 400, word: "tls_on_plain_port"),
        Refusal(request: get("/", "X: \(String(repeating: "x", count: 20_000))\r\n"), status: 431, word: "field_too_large"),
        Refusal(
            request: get("/", String(repeating: "X: \(String(repeating: "x", count: 1000))\r\n", count: 20)), status: 431,
            word: "head_too_large"),
        Refusal(request: get("/", String(repeating: "X: y\r\n", count: 101)), status: 431, word: "too_many_fields"),
        Refusal(request: get("/" + String(repeating: "x", count: 9000)), status: 414, word: "target_too_long"),
        Refusal(
            request: get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), status: 400,
            word: "content_length_and_transfer_encoding"),
        Refusal(
            request: get("/echo", "Transfer-Encoding: chunked\r\n", method: "POST") + "x\r\n", status: 400,
            word: "chunk_size_malformed"),
        Refusal(request: get("/echo", "Content-Length: 2000000\r\n", method: "POST"), status: 413, word: "body_too_large"),
        Refusal(
            request: get("/count", "Transfer-Encoding: chunked\r\n", method: "POST") + "200000\r\n"
                + String(repeating: "x", count: 0x200000),
            status: 413, word: "body_too_large"),
        Refusal(request: get("/teapot"), status: 418, word: "short and stout"),
    ]

    @Test("what cannot be served is answered, and the connection closed", arguments: refusals)
    func refuses(_ refusal: Refusal) async throws {
        try await ServiceHost.serving { _, port in
            let (answer, rest) = try await onThread {
                let wire = try Wire(to: port)
                // A refusal may come before everything is written.
                try? wire.write(refusal.request)
                let answer = try wire.readAnswer()
                wire.finishWriting()
                return (answer, try wire.readToEnd())
            }
            #expect(answer.status == refusal.status && answer.text == refusal.word + "\n")
            #expect(answer.value("Connection") == "close")
            #expect(rest.bytes.isEmpty)
        }
    }

    @Test("a field that is more than a line is not sent")
    func splitsNothing() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/split"))
                return try wire.readAnswer()
            }
            #expect(answer.status == 500 && !answer.head.contains("Set-Cookie"))
        }
    }

    // MARK: Time

    @Test("a client that is too slow is told, or let go", arguments: ["idle", "head", "silence", "body"])
    func timesOut(_ what: String) async throws {
        var limits = Service.Limits()
        switch what {
        case "idle": limits.idleTimeout = 50_000_000
        case "head": limits.headTimeout = 50_000_000
        case "silence": limits.silenceTimeout = 50_000_000
        default: limits.bodyTimeout = 50_000_000
        }
        try await ServiceHost.serving(limits) { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                switch what {
                case "idle": break
                case "head": try wire.write("GET / HT")
                default: try wire.write(get("/echo", "Content-Length: 5\r\n", method: "POST") + "he")
                }
                guard what != "idle" else {
                    let rest = try wire.readToEnd()
                    #expect(rest.bytes.isEmpty && rest.ending == .closed)
                    return
                }
                let answer = try wire.readAnswer()
                #expect(answer.status == 408 && answer.text == (what == "head" ? "head_timeout\n" : "body_timeout\n"))
            }
        }
    }

    @Test("a client that does not read its answer is cut")
    func cutsDeafClient() async throws {
        var limits = Service.Limits()
        limits.sendTimeout = 50_000_000
        try await ServiceHost.serving(limits) { host, port in
            let wire = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/large"))
                return wire
            }
            _ = try await host.events.first { $0 == "GET /large" }
            // The connection is gone before the test reads.
            let rest = try await onThread {
                try wire.waitUntilGone()
                return try wire.readToEnd()
            }
            #expect(rest.ending == .reset || rest.bytes.count < 20_000_000)
        }
    }

    @Test("a large answer arrives whole")
    func sendsLarge() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/large"))
                return try wire.readAnswer()
            }
            #expect(answer.body.count == 20_000_000)
        }
    }
}
