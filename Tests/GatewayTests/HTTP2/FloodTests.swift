import TestSupport
import Testing

/// A flood, and the key of the limit that ends it.
struct Flood: Sendable, CustomTestStringConvertible {
    let name: String
    let key: String

    var testDescription: String { name }

    static let all =
        [
            ("rapid-reset", "limits.http2_resets"), ("made-you-reset", "limits.http2_resets"),
            ("empty-continuations", "limits.max_head_bytes"), ("endless-section", "limits.max_head_bytes"),
            ("indexed-bomb", "limits.max_head_bytes"),
        ].map { Flood(name: $0, key: $1) }
        + ["empty-data", "settings", "pings", "priorities", "credits", "unknown-frames", "late-trailers"].map {
            Flood(name: $0, key: "limits.http2_control_frames")
        }
}

@Suite("Floods over HTTP/2")
struct FloodTests {
    @Test("one ends its own connection, with the key in the log, and nobody else's", arguments: Flood.all)
    func ended(_ flood: Flood) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { gatehouse in
            async let attack = Command.run(Place.python, [Place.peer("http2_floods.py"), "\(port)", flood.name])
            let other = try await Command.curl2(certificates, ["https://localhost:\(port)/[1-20]"])
            #expect(other.text == String(repeating: "hello", count: 20), "\(other)")
            let outcome = try await attack
            #expect(outcome.text == "ended\n", "\(outcome)")
            let line = try await gatehouse.log.first { $0.contains("HTTP/2 connection ended") }
            #expect(line.contains("code=ENHANCE_YOUR_CALM") && line.contains("key=\(flood.key) "), "\(line)")
            if !Place.isSanitized { #expect(gatehouse.peakMemory < 64 << 20) }
        }
    }
}
