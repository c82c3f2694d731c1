import Configuration
import Upstreams

extension PlanBuilder {
    /// How a pool's servers are probed, and which of the probes are shared out among the members of a fleet.
    struct PoolProbes {
        /// Nil if they are not.
        var settings: Prober.Settings?
        /// The keys in the order of the servers; nil: each member probes the server by itself.
        var keys: [ProbeSet.Key?]
    }

    /// - Parameters:
    ///   - upstreams: of the pool.
    ///   - servers: the same.
    ///   - name: of the pool.
    func probes(_ upstreams: [Upstream], _ servers: [UpstreamServer], of name: String, _ proxy: Proxy, _ site: Site) -> PoolProbes
    {
        guard proxy.healthCheck.enabled, !report.isDegraded(pool: name, of: site) else {
            return PoolProbes(settings: nil, keys: [])
        }
        let settings = probing(proxy.healthCheck)
        let sharing = configuration.fleet?.shareProbes ?? .none
        let keys = zip(upstreams, servers).map { upstream, server -> ProbeSet.Key? in
            let isShared =
                switch sharing {
                case .none: false
                case .remote: !upstream.url.isOfThisMachine
                case .all: true
                }
            return isShared ? ProbeSet.Key(server, of: "\(site.name) \(name)", settings) : nil
        }
        return PoolProbes(settings: settings, keys: keys)
    }

    private func probing(_ check: HealthCheck) -> Prober.Settings {
        var settings = Prober.Settings()
        settings.question =
            switch check.kind {
            case .tcp: .tcp
            case .http: .http(path: check.path, statuses: check.statuses)
            case .grpc: .grpc(service: check.service)
            }
        settings.host = check.host
        settings.interval = check.interval.nanoseconds
        settings.timeout = check.timeout.nanoseconds
        return settings
    }
}

extension UpstreamURL {
    /// Is it another server on another machine, by what its URL says?
    fileprivate var isOfThisMachine: Bool {
        switch host {
        case .unix: true
        case .name(let name): name == "localhost" || name.hasSuffix(".localhost")
        case .ipv4(let bytes): bytes.first == 127 || bytes.starts(with: [169, 254])
        case .ipv6(let bytes):
            bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 || bytes.first == 0xFE && bytes[1] & 0xC0 == 0x80
        }
    }
}
