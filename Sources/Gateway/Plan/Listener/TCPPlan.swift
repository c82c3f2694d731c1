import Upstreams

/// One listener of `[[tcp]]`: which pool its connections go to.
final class TCPPlan: Sendable {
    /// Servers of one name, and how they are spoken to.
    final class Target: Sendable {
        let group: UpstreamGroup
        /// The group's servers, in the same order.
        let pool: PoolPlan
        /// Nil where nothing is counted.
        let series: TCPSeries?

        init(group: UpstreamGroup, pool: PoolPlan, series: TCPSeries?) {
            self.group = group
            self.pool = pool
            self.series = series
        }
    }

    let name: String
    /// Nanoseconds without a byte in either direction.
    let idleTimeout: UInt64
    /// Lower-case names; a wildcard by what follows its asterisk: ".example.com".
    private let exact: [String: Target]
    private let wildcards: [String: Target]
    private let fallback: Target?
    /// Counts the connections that go nowhere; nil where nothing is counted.
    let series: TCPSeries?

    init(name: String, idleTimeout: UInt64, names: [String: Target], fallback: Target?, series: TCPSeries?) {
        self.name = name
        self.series = series
        self.idleTimeout = idleTimeout
        self.fallback = fallback
        exact = names.filter { !$0.key.hasPrefix("*") }
        wildcards = Dictionary(
            names.filter { $0.key.hasPrefix("*") }.map { (String($0.key.dropFirst()), $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Must the client have spoken before it is known where its connection goes?
    var asksForName: Bool { !exact.isEmpty || !wildcards.isEmpty }

    /// - Parameter name: what the client asks for by SNI; nil if for nothing, or it speaks no TLS.
    /// - Returns: nil if its connection goes nowhere.
    func target(named name: String?) -> Target? {
        guard let name else { return fallback }
        if let target = exact[name] { return target }
        guard let dot = name.firstIndex(of: ".") else { return fallback }
        return wildcards[String(name[dot...])] ?? fallback
    }
}
