import TestSupport
import Testing

@Suite("A stream's memory is used again")
struct ReusedStreamTests {
    @Test("what nobody took of a request's body is gone before the next one on its connection")
    func body() async throws {
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let fixed = "[[sites.routes]]\npath = \"/fixed\"\nrespond = { body = \"fixed\" }\n"
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true", proxy: fixed)
        try await Gatehouse.serving(toml) { gatehouse in
            let wire = try Wire(to: port.number)
            func ask(_ stream: UInt32, _ path: String, _ body: String?) throws {
                let fields = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")]
                try wire.write(Frame.headers(fields, Frame.endHeaders, stream: stream))
                if let body { try wire.write(Frame.data(body, stream: stream)) }
            }
            try wire.write(Frame.preface + Frame.settings())
            // While one is open the streams of others are kept for the next.
            try ask(1, "/open", nil)
            try ask(3, "/fixed", "of the first")
            _ = try await gatehouse.access("/fixed")
            try ask(5, "/taken", "of the second")
            let seen = try await upstream.requests.first("the second") { $0.target == "/taken" }
            #expect(String(decoding: seen.body, as: UTF8.self) == "of the second")
            wire.close()
        }
    }
}
