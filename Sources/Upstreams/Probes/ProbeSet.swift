import TLS

/// The servers whose probes a fleet shares out, in an order that is the same on all members with the same configuration.
package final class ProbeSet: Sendable {
    /// What stands for a server and how it is asked; where both are equal so is it.
    package struct Key: Sendable, Hashable, Comparable {
        /// The beginning of a SHA-256.
        let digits: String

        /// - Parameters:
        ///   - pool: whose it is, in words that all members have in common.
        ///   - probing: how it is asked.
        package init(_ server: UpstreamServer, of pool: String, _ probing: Prober.Settings) {
            let limits = server.parameters.health.probes
            let question =
                switch probing.question {
                case .tcp: ["tcp"]
                case .http(let path, let statuses): ["http", path] + statuses.map { "\($0.lowerBound)-\($0.upperBound)" }
                case .grpc(let service): ["grpc", service]
                }
            let parts =
                [
                    pool, server.url, probing.host ?? "", "\(probing.interval) \(probing.timeout)",
                    "\(limits.fall) \(limits.rise)", "\(server.parameters.version)",
                    server.parameters.proxyHeader.map { "\($0)" } ?? "", Self.text(of: server.tls),
                ] + question
            digits = String(ContentHash.hexadecimal(Array(parts.joined(separator: "\n").utf8)).prefix(16))
        }

        /// What decides whether a server is healthy over TLS. Files may have other places on other members.
        private static func text(of tls: TLSClientContext.Settings?) -> String {
            guard let tls else { return "" }
            let pins = tls.pins.map { "\($0)" }.joined(separator: " ")
            return "\(tls.serverName) \(tls.verifies) \(tls.minimumVersion) \(tls.suites ?? []) \(pins)"
                + (tls.crlFile == nil ? "" : " revocation")
        }

        package static func < (left: Key, right: Key) -> Bool { left.digits < right.digits }
    }

    /// More are not shared out: each member probes all of them.
    package static let maxServers = 20_000

    /// Tells the set apart from others; empty for a set of no servers.
    let digest: String
    let count: Int
    private let indices: [Key: Int]
    /// What rendezvous hashing goes by, by the indices of the servers.
    let hashes: [UInt64]

    /// - Parameter keys: in any order; of equal ones one counts.
    package init(_ keys: [Key]) {
        let sorted = keys.count > Self.maxServers ? [] : Set(keys).sorted()
        count = sorted.count
        indices = Dictionary(uniqueKeysWithValues: zip(sorted, sorted.indices))
        hashes = sorted.map { HashSource.key($0.digits.utf8) }
        let text = sorted.map(\.digits).joined(separator: "\n")
        digest = sorted.isEmpty ? "" : String(ContentHash.hexadecimal(Array(text.utf8)).prefix(32))
    }

    /// - Returns: nil if the server's probes are not shared out.
    package func index(of key: Key) -> Int? { indices[key] }

    /// Whose each server is, by rendezvous hashing: who comes or goes moves the servers that are or were his own, and no others.
    /// - Parameter members: names, in an order that all have in common.
    /// - Returns: by the indices of the servers, the indices of the members.
    func owners(among members: [String]) -> [Int] {
        let names = members.map { HashSource.key($0.utf8) }
        return hashes.map { key in
            names.indices.min {
                Rendezvous.cost(server: names[$0], key: key, weight: 1) < Rendezvous.cost(server: names[$1], key: key, weight: 1)
            } ?? 0
        }
    }
}
