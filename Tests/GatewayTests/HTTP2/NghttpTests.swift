import TestSupport
import Testing

@Suite("nghttp, whose decoder holds us to the letter")
struct NghttpTests {
    @Test("a client that keeps no header table, or a small one, reads every answer", arguments: [0, 1, 1024, 4095, 4096, 65_536])
    func tables(size: Int) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let url = "https://localhost:\(port)/"
            let outcome = try await Command.run("nghttp", ["-nv", "--header-table-size=\(size)", url + "one", url + "two"])
            #expect(outcome.code == 0, "\(outcome)")
            #expect(outcome.text.matches(of: /:status: 200/).count == 2, "\(outcome)")
        }
    }
}
