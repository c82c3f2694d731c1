import Configuration
import Testing

/// A configuration that is read while it is written.
@Suite("A configuration that ends too early")
struct CutConfigurationTests {
    private static let whole = """
        [server]
        name = "gate"
        [limits]
        head_timeout = "10s"
        max_fields = 50
        [[sites]]
        hostname = ["a.example", "www.a.example"]
        port = 8443
        static_dir = "/srv/a"
        [sites.ssl]
        enabled = true
        cert_file = "/etc/a.crt"
        key_file = "/etc/a.key"
        [sites.proxy]
        enabled = true
        headers.add = { X-A = "1" }
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:3000"
        [[sites.proxy.routes]]
        path = "/api/"
        upstream = "app"

        """

    @Test("is whole, or refused with a place in what is there: wherever it is cut")
    func cut() {
        let bytes = Array(Self.whole.utf8)
        var refused = 0
        for length in 0..<bytes.count {
            let text = String(decoding: bytes[..<length], as: UTF8.self)
            let result = Configuration.parse(text: text, file: "cut.toml")
            guard result.configuration == nil else { continue }
            refused += 1
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            let errors = result.problems.filter { $0.severity == .error }
            #expect(!errors.isEmpty, "cut at \(length)")
            let arePlaced = errors.allSatisfy { !$0.message.isEmpty && (1...lines).contains($0.location.line) }
            #expect(arePlaced, "cut at \(length): \(errors)")
        }
        // What ends between two tables can be right: docs/reload.md says what to do about it.
        #expect(refused > bytes.count / 2)
    }
}
