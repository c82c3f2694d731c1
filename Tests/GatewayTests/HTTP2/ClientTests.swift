import Dispatch
import Foundation
import TestSupport
import Testing

/// What a client does over HTTP/2, and what it prints then. The words are those of http2_node.mjs and http2_httpx.py.
struct ClientTalk: Sendable, CustomTestStringConvertible {
    let name: String
    let prints: String

    var testDescription: String { name }

    static let node = [
        ClientTalk(name: "get", prints: "200 hello 0\nclosed\n"),
        ClientTalk(name: "post", prints: "200 0 0\n200 1 0\n200 100000 0\n200 5000000 0\nclosed\n"),
        ClientTalk(name: "trailers", prints: "200 hello 5d41 0\nclosed\n"),
        ClientTalk(name: "hint", prints: "103 200 hello 0\nclosed\n"),
        ClientTalk(name: "many", prints: "500\nclosed\n"),
        ClientTalk(name: "early", prints: "413 no error\nclosed\n"),
        // INTERNAL_ERROR.
        ClientTalk(name: "cut", prints: "200 ERR_HTTP2_STREAM_ERROR 2\nclosed\n"),
    ]

    static let httpx = [
        ClientTalk(name: "get", prints: "HTTP/2 200 hello\n"),
        ClientTalk(name: "post", prints: [0, 1, 100_000, 5_000_000].map { "HTTP/2 200 \($0)\n" }.joined()),
        ClientTalk(name: "many", prints: "100\n"),
        ClientTalk(name: "early", prints: "HTTP/2 413 too long\n"),
        ClientTalk(name: "cut", prints: "RemoteProtocolError\n"),
    ]
}

@Suite("Libraries of other languages over HTTP/2")
struct ClientTests {
    private static let program = ["/usr/bin/node", "/usr/local/bin/node"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }
    private static let missing: Comment = "there is no node"

    @Test("node", .enabled(if: program != nil, missing), arguments: ClientTalk.node)
    func node(_ talk: ClientTalk) async throws {
        try await Self.serving { port, certificates in
            let outcome = try await Command.run(
                try #require(Self.program), [Place.peer("http2_node.mjs"), "\(port)", certificates.authority, talk.name])
            #expect(outcome.text == talk.prints, "\(outcome)")
        }
    }

    @Test("httpx", arguments: ClientTalk.httpx)
    func httpx(_ talk: ClientTalk) async throws {
        try await Self.serving { port, certificates in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("http2_httpx.py"), "\(port)", certificates.authority, talk.name])
            #expect(outcome.text == talk.prints, "\(outcome)")
        }
    }

    @Test("a client that leaves without close_notify is reset in no version of HTTP", arguments: ["h2", "http/1.1"])
    func leavesUnsaid(_ version: String) async throws {
        try await Self.serving { port, certificates in
            let outcome = try await Command.run(
                Place.python, [Place.peer("leaves_unsaid.py"), "\(port)", certificates.authority, version])
            #expect(outcome.text == "end\n", "\(outcome)")
        }
    }

    @Test("a stop lets node's answer come to its end, and says GOAWAY", .enabled(if: program != nil, missing))
    func nodeDrained() async throws {
        let lines = try await Self.drained(try #require(Self.program), "http2_node.mjs")
        #expect(lines == ["begun", "200 hello 0", "goaway 0", "closed"])
    }

    @Test("a stop lets the answers of httpx come to their end, which a GOAWAY before them would not")
    func httpxDrained() async throws {
        let lines = try await Self.drained(Place.pythonWithLibraries, "http2_httpx.py")
        #expect(lines == ["begun"] + Array(repeating: "HTTP/2 200 hello", count: 10))
    }

    @Test("nor would it when the answers have taken long")
    func httpxDrainedLate() async throws {
        let lines = try await Self.drained(Place.pythonWithLibraries, "http2_httpx.py", late: true)
        #expect(lines == ["begun"] + Array(repeating: "HTTP/2 200 hello", count: 10))
    }

    @Test("a GOAWAY does not come together with several answers, which some clients would then give up")
    func parted() async throws {
        let certificates = try await Certificates.ready()
        let port = try FreePort()
        let directory = try TemporaryDirectory()
        let toml = """
            [limits]
            max_requests_per_connection = 10
            [[sites]]
            hostname = "localhost"
            port = \(port)
            static_dir = "\(directory.path)"
            \(certificates.ssl())
            """
        try await Gatehouse.serving(toml) { _ in
            let peer = [Place.peer("http2_client.py"), "\(port)", "answers_and_then_goaway"]
            let outcome = try await Command.run(Place.pythonWithLibraries, peer)
            #expect(outcome.text == "0\n(19, 0) 404\n", "\(outcome)")
        }
    }

    @Test(
        "limits that a connection reaches cost httpx no answer",
        arguments: ["http2_streams = 4", "max_requests_per_connection = 10"])
    func limited(_ limit: String) async throws {
        try await Self.serving(top: "[limits]\n\(limit)\n") { port, certificates in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("http2_httpx.py"), "\(port)", certificates.authority, "many"])
            #expect(outcome.text == "100\n", "\(outcome)")
        }
    }

    @Test("a GOAWAY waits for a client that asks for more as soon as it has read its answers")
    func busy() async throws {
        try await Self.serving(top: "[limits]\nmax_requests_per_connection = 7\n") { port, certificates in
            let outcome = try await Command.run(
                Place.pythonWithLibraries, [Place.peer("http2_httpx.py"), "\(port)", certificates.authority, "ten"])
            #expect(outcome.text == "[]\n", "\(outcome)")
        }
    }

    /// What a client prints whose answers are under way when the gateway is stopped.
    /// - Parameter late: has the gateway waited for them for as long as a head may take, and the client said nothing meanwhile?
    private static func drained(_ program: String, _ peer: String, late: Bool = false) async throws -> [String] {
        let certificates = try await Certificates.ready()
        let mayAnswer = DispatchSemaphore(value: 0)
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            mayAnswer.wait()
            mayAnswer.signal()
            try wire.write(Upstream.ok("hello"))
        }
        let (port, plain) = try (FreePort(), FreePort())
        let top = """
            [limits]
            handshake_timeout = 600
            head_timeout = \(late ? 2 : 600)
            drain_timeout = 600
            [[sites]]
            hostname = "plain"
            port = \(plain)
            respond = { body = "plain" }
            """
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: top)
        return try await Gatehouse.serving(toml) { gatehouse in
            let client = try ChildProcess(program, [Place.peer(peer), "\(port)", certificates.authority, "drain"])
            _ = try await client.output.first { $0 == "begun" }
            _ = try await upstream.requests.first(peer.hasSuffix(".py") ? 10 : 1)
            if late {
                // Whose head does not end is told so when its time has passed.
                let answer = try await onThread {
                    let wire = try Wire(to: plain.number)
                    try wire.write("GET / HTTP/1.1\r\n")
                    return try wire.readAnswer()
                }
                #expect(answer.status == 408)
            }
            gatehouse.process.terminate()
            _ = try await gatehouse.log.first { $0.contains("stopping") }
            mayAnswer.signal()
            let exit = try await client.exit()
            #expect(exit == .code(0), "\(client.errors.all)")
            return client.output.all
        }
    }

    private static func serving(top: String = "", _ body: (FreePort, Certificates) async throws -> Void) async throws {
        let certificates = try await Certificates.ready()
        let large = String(repeating: "x", count: 100_000)
        let upstream = try Upstream { _, wire in
            while var request = try wire.readHead() {
                if request.target == "/early" {
                    return try wire.write("HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo long")
                }
                try wire.readBody(of: &request)
                switch request.target {
                case "/length": try wire.write(Upstream.ok("\(request.body.count)"))
                case "/large": try wire.write(Upstream.ok(large))
                case "/hint": try wire.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + Upstream.ok("hello"))
                case "/cut": return try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsome")
                case "/trailers":
                    try wire.write(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n")
                default: try wire.write(Upstream.ok("hello"))
                }
            }
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), top: top)
        try await Gatehouse.serving(toml) { _ in try await body(port, certificates) }
    }
}
