import TLS
import Transport

/// One address and port, with the sites behind it.
final class ListenerPlan: Sendable {
    let address: SocketAddress
    /// The key path of the first site that listens there, for messages.
    let keyPath: String
    /// Nil for a plain listener.
    let tls: TLSServerNames?
    /// Is HTTP/2 taken without TLS, from clients that begin with it (RFC 9113 §3.3)?
    let takesPlainHTTP2: Bool
    /// Nil: clients come by themselves.
    let proxyProtocol: ProxyProtocolPlan?
    /// Names of sites that take no WebSocket over HTTP/2; of a wildcard, one that it stands for.
    private let namesWithoutHTTP2WebSockets: [String]
    /// Lower-case host names; a wildcard by what follows its asterisk: ".example.com".
    let exact: [String: SitePlan]
    let wildcards: [String: SitePlan]
    let fallback: SitePlan
    /// Nil unless its connections are passed on as they are; then it has no site but one that is empty.
    let tcp: TCPPlan?

    init(
        address: SocketAddress, keyPath: String, tls: TLSServerNames?, takesPlainHTTP2: Bool,
        proxyProtocol: ProxyProtocolPlan?, exact: [String: SitePlan], wildcards: [String: SitePlan], fallback: SitePlan,
        tcp: TCPPlan? = nil
    ) {
        self.tcp = tcp
        self.address = address
        self.keyPath = keyPath
        self.tls = tls
        self.takesPlainHTTP2 = takesPlainHTTP2
        self.proxyProtocol = proxyProtocol
        self.exact = exact
        self.wildcards = wildcards
        self.fallback = fallback
        namesWithoutHTTP2WebSockets =
            exact.filter { !$0.value.takesHTTP2WebSockets }.map(\.key)
            + wildcards.filter { !$0.value.takesHTTP2WebSockets }.map { "any" + $0.key }
    }

    /// Is a client told that it may open WebSockets over HTTP/2? Only if every site takes them that it can reach: browsers that
    /// were told so, and are refused, do not try HTTP/1.1.
    /// - Parameter name: what it asked for by SNI; nil if it did not, or on a plain connection.
    func offersHTTP2WebSockets(serverName name: String?) -> Bool {
        guard !namesWithoutHTTP2WebSockets.isEmpty else { return true }
        guard let name, let tls else { return false }
        return !namesWithoutHTTP2WebSockets.contains { tls.mayServe($0, overConnectionTo: name) }
    }

    /// All of them; one that has several names comes several times.
    var sites: some Sequence<SitePlan> { [[fallback], Array(exact.values), Array(wildcards.values)].joined() }

    /// The site of a lower-case host name; nil if no site has the name.
    func site(named host: String) -> SitePlan? {
        if let site = exact[host] { return site }
        guard !wildcards.isEmpty, let dot = host.firstIndex(of: ".") else { return nil }
        return wildcards[String(host[dot...])]
    }

    /// Is this the same listener in another plan? Its sites and certificates may differ, and its clients stay.
    func isSame(as other: ListenerPlan) -> Bool {
        address == other.address && (tls == nil) == (other.tls == nil) && (tcp == nil) == (other.tcp == nil)
    }
}
