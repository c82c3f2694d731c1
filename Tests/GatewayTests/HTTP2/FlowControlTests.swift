import Dispatch
import TestSupport
import Testing

@Suite("Flow control over HTTP/2")
struct FlowControlTests {
    @Test("each upload's window grows with use, whatever others on its connection had")
    func growth() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.answering { _ in Upstream.ok("") }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(),
            // What one upload's window grows by is all that there is.
            top: "[limits]\nhttp2_window = \"64KB\"\n[security]\nmax_request_size = \"64MB\"\n")
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Self.client(port, "windows_grow_again")
            #expect(outcome.text == "grew\n200\ngrew\n200\ngrew\n200\n", "\(outcome)")
        }
    }

    @Test("an answer that its client does not take stops no other on the connection")
    func stalledAnswer() async throws {
        let certificates = try await Certificates.ready()
        let text = String(repeating: "0123456789abcdef", count: 20_000)
        let upstream = try Upstream.saying(text)
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Self.client(port, "a_stalled_answer")
            #expect(outcome.text == String(repeating: "200 320000 ended\n", count: 21), "\(outcome)")
        }
    }

    @Test("an upload that its upstream does not take stops no other on the connection")
    func stalledUpload() async throws {
        let certificates = try await Certificates.ready()
        let isOver = DispatchSemaphore(value: 0)
        let upstream = try Upstream { _, wire in
            while var request = try wire.readHead() {
                if request.target == "/stalls" { return isOver.wait() }
                try wire.readBody(of: &request)
                try wire.write(Upstream.ok("\(request.body.count)"))
            }
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            let outcome = try await Self.client(port, "a_stalled_upload")
            #expect(outcome.text == String(repeating: "200 1000000\n", count: 20), "\(outcome)")
            let entry = try await gatehouse.access("/stalls")
            #expect(entry["reason"] == "client_left", "\(entry)")
            isOver.signal()
        }
    }

    private static func client(_ port: FreePort, _ name: String) async throws -> Command.Outcome {
        try await Command.run(Place.pythonWithLibraries, [Place.peer("http2_client.py"), "\(port)", name])
    }
}
