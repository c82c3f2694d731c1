import Configuration
import EventLoop
import Transport
import Upstreams

/// What becomes of a connection to a listener of `[[tcp]]`.
extension Explainer {
    /// - Parameter request: of https: the client speaks TLS, and asks for the URL's host by SNI.
    func explain(_ plan: TCPPlan, of listener: ListenerPlan, _ request: ExplainedRequest) -> Explanation {
        var explanation = Explanation(
            listener: Explanation.Listener(
                address: listener.address.description, scheme: "tcp",
                at: configuration.location(of: "\(listener.keyPath).port")?.description), result: "")
        let name = request.isTLS && request.namesHost ? request.host.lowercased() : nil
        guard let target = plan.target(named: name) else {
            refuse(Failure(.noRoute, detail: "no upstream is for it", key: "tcp.sni"), &explanation)
            return explanation
        }
        let tcp = configuration.tcp.first { listener.keyPath == "tcp[\(configuration.tcp.firstIndex(of: $0) ?? -1)]" }
        let upstream = upstream(target, tcp, listener.keyPath)
        explanation.result = "\(upstream.requestLine) to upstream \(upstream.name): \(why(name, tcp, listener.keyPath))"
        explanation.upstream = upstream
        if let tcp { explanation.limits = limits(tcp, plan, listener.keyPath) }
        return explanation
    }

    private func why(_ name: String?, _ tcp: TCPListener?, _ keyPath: String) -> String {
        let names = tcp?.names ?? []
        if let name {
            let wildcard = name.firstIndex(of: ".").map { "*" + name[$0...] }
            for wanted in [name, wildcard].compactMap(\.self) {
                guard let index = names.firstIndex(where: { $0.hostnames.contains(wanted) }) else { continue }
                let at = configuration.location(of: "\(keyPath).sni[\(index)].hostnames").map { " (\($0))" } ?? ""
                return "\"\(wanted)\" is one of the names of \(keyPath).sni[\(index)]\(at)"
            }
        }
        let at = configuration.location(of: "\(keyPath).upstream").map { " (\($0))" } ?? ""
        return (names.isEmpty ? "it is for all connections" : "no name of \(keyPath).sni is asked for") + at
    }

    private func upstream(_ target: TCPPlan.Target, _ tcp: TCPListener?, _ keyPath: String) -> Explanation.Upstream {
        let members = (tcp?.upstreams ?? []).enumerated().filter { $0.element.name == target.group.name }
        let request = UpstreamGroup.Request(now: monotonicNanoseconds())
        let servers = ExplainedServers(target.group, request, configuration, isLive: isLive).all { index in
            index < members.count ? "\(keyPath).upstreams[\(members[index].offset)].address" : nil
        }
        let header: String? =
            switch target.group.servers.first?.parameters.proxyHeader {
            case .v1: "v1"
            case .v2: "v2"
            case nil: nil
            }
        return Explanation.Upstream(
            name: target.group.name, method: Self.name(target.group.method), servers: servers,
            requestLine: "passed on as it is" + (header.map { ", behind a header of the PROXY protocol \($0)," } ?? ""),
            fields: [])
    }

    private func limits(_ tcp: TCPListener, _ plan: TCPPlan, _ keyPath: String) -> [Explanation.Setting] {
        var settings = [
            configuration.setting("\(keyPath).connect_timeout", ExplainedLimits.text(tcp.connectTimeout)),
            configuration.setting("\(keyPath).idle_timeout", ExplainedLimits.text(tcp.idleTimeout)),
        ]
        if plan.asksForName {
            settings.append(
                configuration.setting("limits.handshake_timeout", ExplainedLimits.text(configuration.limits.handshakeTimeout)))
        }
        return settings
    }
}
