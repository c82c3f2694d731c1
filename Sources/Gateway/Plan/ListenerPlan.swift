import TLS
import Transport

/// One address and port, with the sites behind it.
final class ListenerPlan: Sendable {
    let address: SocketAddress
    /// Of the first site that has it, for messages.
    let keyPath: String
    /// Nil for a plain listener.
    let tls: TLSServerNames?
    /// Lower-case host names; a wildcard by what follows its asterisk: ".example.com".
    let exact: [String: SitePlan]
    let wildcards: [String: SitePlan]
    let fallback: SitePlan

    init(
        address: SocketAddress, keyPath: String, tls: TLSServerNames?, exact: [String: SitePlan], wildcards: [String: SitePlan],
        fallback: SitePlan
    ) {
        self.address = address
        self.keyPath = keyPath
        self.tls = tls
        self.exact = exact
        self.wildcards = wildcards
        self.fallback = fallback
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
    func isSame(as other: ListenerPlan) -> Bool { address == other.address && (tls == nil) == (other.tls == nil) }
}
