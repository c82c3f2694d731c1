import HTTP
import Messages
import TLS
import TestSupport
import Testing

@Suite("A service over real sockets")
struct ServiceTests {
    @Test("an answer states its time, its type and its length, and is not to be stored")
    func answers() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/"))
                return try wire.readAnswer()
            }
            #expect(answer.start == "HTTP/1.1 200 OK" && answer.text == "hello\n")
            #expect(answer.fields.map(\.name) == ["Date", "Content-Type", "Content-Length", "Cache-Control"])
            #expect(answer.value("Date")?.hasSuffix(" GMT") == true && answer.value("Cache-Control") == "no-store")
        }
    }

    @Test("requests follow each other on one connection, sent one by one or all at once", arguments: [false, true])
    func keepsAlive(isPipelined: Bool) async throws {
        try await ServiceHost.serving { host, port in
            let (answers, wire) = try await onThread {
                let wire = try Wire(to: port)
                let requests = (0..<40).map {
                    get("/echo", "Content-Length: \("\($0)".utf8.count)\r\n", method: "POST") + "\($0)"
                }
                if isPipelined { try wire.write(requests.joined()) }
                let answers = try requests.map { request in
                    if !isPipelined { try wire.write(request) }
                    return try wire.readAnswer().text
                }
                return (answers, wire)
            }
            #expect(answers == (0..<40).map(String.init))
            #expect(await host.connectionCount == 1)
            wire.close()
        }
    }

    @Test("a request is the same however it is cut")
    func takesByteByByte() async throws {
        try await ServiceHost.serving { _, port in
            let answer = try await onThread {
                let wire = try Wire(to: port)
                let text =
                    get("/echo", "Transfer-Encoding: chunked\r\n", method: "POST") + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
                for byte in text.utf8 { try wire.write([byte]) }
                return try wire.readAnswer()
            }
            #expect(answer.status == 200 && answer.text == "hello")
        }
    }

    @Test("HEAD, 204 and HTTP/1.0 get what they may get")
    func framesAnswers() async throws {
        try await ServiceHost.serving { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/", method: "HEAD") + get("/nothing") + get("/"))
                let head = try wire.readAnswer(toHead: true)
                #expect(head.status == 200 && head.value("Content-Length") == "6")
                let nothing = try wire.readAnswer()
                #expect(nothing.status == 204 && nothing.value("Content-Length") == nil && nothing.value("Content-Type") == nil)
                #expect(try wire.readAnswer().text == "hello\n")
                let old = try Wire(to: port)
                try old.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                #expect(try old.readAnswer().value("Connection") == "keep-alive")
                try old.write("GET / HTTP/1.0\r\n\r\n")
                #expect(try old.readAnswer().value("Connection") == "close")
                #expect(try old.readToEnd().ending == .closed)
            }
        }
    }

    @Test("a 100 comes when the body is asked for, and not before a refusal")
    func continues() async throws {
        try await ServiceHost.serving { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
                #expect(try wire.head().start == "HTTP/1.1 100 Continue")
                try wire.write("hello")
                #expect(try wire.readAnswer().text == "hello")
                // Nobody reads this body: it is not asked for, and the connection cannot go on.
                try wire.write(get("/", "Content-Length: 5\r\nExpect: 100-continue\r\n", method: "POST"))
                let unread = try wire.readAnswer()
                #expect(unread.status == 200 && unread.value("Connection") == "close")
                let large = try Wire(to: port)
                try large.write(get("/echo", "Content-Length: 100001\r\nExpect: 100-continue\r\n", method: "POST"))
                #expect(try large.readAnswer().start == "HTTP/1.1 413 Content Too Large")
            }
        }
    }

    @Test(
        "a body that nobody read is read past when it is here, and ends the connection when it is not", arguments: [true, false])
    func passesBody(isHere: Bool) async throws {
        try await ServiceHost.serving { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/", "Content-Length: 5\r\n", method: "POST") + (isHere ? "hello" : "he"))
                let answer = try wire.readAnswer()
                #expect(answer.text == "hello\n" && (answer.value("Connection") == nil) == isHere)
                guard isHere else { return }
                try wire.write(get("/nothing"))
                #expect(try wire.readAnswer().status == 204)
            }
        }
    }

    // MARK: TLS, and real clients

    @Test("curl is served, plain and over TLS, several times on one connection", arguments: [false, true])
    func servesCurl(isTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        let names =
            try isTLS
            ? TLSServerNames(
                [:],
                fallback: TLSServerContext(
                    certificateFile: certificates.local.certificate, keyFile: certificates.local.key)) : nil
        try await ServiceHost.serving(tls: names) { _, port in
            let site = "\(isTLS ? "https" : "http")://localhost:\(port)"
            let body = String(repeating: "x", count: 50_000)
            let outcome = try await Command.curl([
                "--ipv4", "--cacert", certificates.authority, "--data-binary", body, "-w", "\n%{http_code} %{num_connects}\n",
                "-H", "Expect: 100-continue", "\(site)/echo", "\(site)/echo",
            ])
            #expect(outcome.text == "\(body)\n200 1\n\(body)\n200 0\n", "\(outcome)")
            let refused = try await Command.curl(["--ipv4", "--cacert", certificates.authority, "-I", "\(site)/teapot"])
            #expect(refused.text.hasPrefix("HTTP/1.1 418 \r\n"), "\(refused)")
        }
    }

    @Test("a client that speaks no TLS is let go, and others are served on")
    func needsTLS() async throws {
        let certificates = try await Certificates.ready()
        let names = TLSServerNames(
            [:],
            fallback: try TLSServerContext(
                certificateFile: certificates.local.certificate, keyFile: certificates.local.key))
        var limits = Service.Limits()
        limits.handshakeTimeout = 50_000_000
        try await ServiceHost.serving(limits, tls: names) { _, port in
            try await onThread {
                let wire = try Wire(to: port)
                try wire.write(get("/"))
                #expect(!String(decoding: try wire.readToEnd().bytes, as: UTF8.self).contains("HTTP/"))
                // Too slow with its handshake.
                #expect(try Wire(to: port).readToEnd().bytes.isEmpty)
            }
        }
    }
}
