import TestSupport
import Testing

@Suite("Requests are spread over upstreams")
struct SpreadTests {
    struct Promise: Sendable, CustomTestStringConvertible {
        var method: String
        var weights: [Int]
        var counts: [Int]
        var testDescription: String { method }
    }

    @Test(
        "as the method promises, over all workers",
        arguments: [
            Promise(method: "round_robin", weights: [1, 1, 1], counts: [40, 40, 40]),
            Promise(method: "weighted", weights: [3, 2, 1], counts: [60, 40, 20]),
            // One request at a time: nothing is under way, and equals take turns.
            Promise(method: "least_connections", weights: [1, 1, 1], counts: [40, 40, 40]),
            Promise(method: "least_conn", weights: [1, 1, 1], counts: [40, 40, 40]),
        ])
    func spread(promise: Promise) async throws {
        let upstreams = try promise.weights.map { _ in try Upstream.saying("x") }
        let port = try FreePort()
        let others = zip(upstreams, promise.weights).dropFirst().map { upstream, weight in
            "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(upstream)\"\nweight = \(weight)\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])", upstream: "weight = \(promise.weights[0])",
            proxy: others.joined() + "[sites.proxy.load_balancing]\nmethod = \"\(promise.method)\"\n")
        try await Gatehouse.serving(toml, workers: 4) { _ in
            try await onThread {
                // The kernel gives each connection to any of the workers.
                for _ in 0..<120 {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    #expect(try wire.readAnswer().text == "x")
                    _ = try wire.readToEnd()
                }
            }
            #expect(upstreams.map { $0.requests.all.count } == promise.counts)
        }
    }
}
