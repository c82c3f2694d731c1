@testable import Upstreams

/// Groups of servers that nobody connects to, for tests of policies.
enum Servers {
    static let second: UInt64 = 1_000_000_000

    /// One server for each weight, named by its place.
    static func make(_ weights: [Int], _ change: (Int, inout UpstreamServer.Parameters) -> Void = { _, _ in }) -> [UpstreamServer]
    {
        weights.enumerated().map { index, weight in
            var parameters = UpstreamServer.Parameters()
            parameters.weight = weight
            change(index, &parameters)
            return server("10.0.0.\(index + 1)", parameters)
        }
    }

    static func server(_ host: String, _ parameters: UpstreamServer.Parameters = .init()) -> UpstreamServer {
        UpstreamServer(
            UpstreamServer.Identity(isTLS: false, host: host, port: 80, basePath: ""), url: "http://\(host)", authority: host,
            parameters: parameters, tls: nil)
    }

    static func group(
        _ weights: [Int], _ method: UpstreamGroup.Method, panicPercent: Int = 25,
        _ change: (Int, inout UpstreamServer.Parameters) -> Void = { _, _ in }
    ) -> UpstreamGroup {
        UpstreamGroup(name: "pool", servers: make(weights, change), method: method, panicPercent: panicPercent)
    }
}

extension UpstreamGroup {
    /// Picks without keeping the server busy.
    func glance(_ request: Request = Request(now: 1)) -> Int? {
        guard case .server(let index) = pick(request) else { return nil }
        servers[index].release()
        return index
    }

    /// Picks, and keeps the server busy.
    func take(now: UInt64) -> Int? {
        guard case .server(let index) = pick(Request(now: now)) else { return nil }
        return index
    }

    /// How often each server is picked.
    func counts(of picks: Int, _ request: (Int) -> Request = { _ in Request(now: 1) }) -> [Int] {
        var counts = servers.map { _ in 0 }
        for turn in 0..<picks { if let index = glance(request(turn)) { counts[index] += 1 } }
        return counts
    }
}
