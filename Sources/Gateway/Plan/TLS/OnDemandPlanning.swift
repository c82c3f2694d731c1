import ACME
import Configuration
import TLS
import Transport

/// The part of making a plan that is about certificates for names which are not known yet.
extension PlanBuilder {
    /// The context of a site that has certificates got on demand: its handshakes wait for them.
    mutating func onDemandContext(_ index: Int, _ settings: OnDemand) -> TLSServerContext? {
        let site = configuration.sites[index]
        guard let ssl = site.ssl else { return nil }
        let keyPath = "sites[\(index)].ssl"
        checkHook(ssl.acme, keyPath)
        let isLocal =
            ssl.issuer == .internalCA
            || ssl.issuer == nil && !settings.names.isEmpty && Self.issuer(of: settings.names, ssl) == .internalCA
        let authority = isLocal ? .local : authority(ssl.acme)
        checkStateDirectory(for: authority)
        checkAuthorities(authority.caFile, at: "\(keyPath).acme.ca_file")
        let policy = policy(ssl, at: keyPath)
        checkResponder(ssl.stapling, keyPath)
        guard checkClientAuthentication(policy, at: keyPath) else { return nil }
        let wanted = CertificateDemand.Settings(
            site: site.name, own: (site.allHostnames + ssl.domains).filter { !$0.hasPrefix("*") }, patterns: settings.names,
            question: settings.ask.flatMap { question($0, keyPath) }, perMinute: settings.perMinute,
            maxNames: settings.maxNames, maxWaiting: settings.maxWaiting, wait: settings.wait.nanoseconds,
            template: managedCertificate(for: [], ssl, authority, dnsUpdate(ssl.acme, keyPath)),
            policy: policy)
        // What is there of the plan before goes on to be used.
        let demand =
            previous?.demands.first { $0.settings == wanted }
            ?? CertificateDemand(wanted, stateDirectory: configuration.server.stateDir)
        demands.append(demand)
        let context = TLSServerContext(policy, source: demand)
        do throws(TLSError) {
            try context.awaitCertificates()
        } catch {
            problem(at: "\(keyPath).on_demand", error.reason)
        }
        return context
    }

    private mutating func question(_ ask: OnDemand.Question, _ keyPath: String) -> DemandQuestion? {
        let port = UInt16(clamping: ask.url.port)
        let literal = SocketAddress(literal: ask.url.hostText, port: port)
        guard literal != nil || SocketAddress.loopback(ask.url.hostText, port: port) != nil else {
            problem(
                at: "\(keyPath).on_demand.ask", "\(ask.url.hostText) is neither an address nor localhost",
                hint: "the answer decides who gets a certificate: ask a server of your own by its address")
            return nil
        }
        return DemandQuestion(
            host: ask.url.hostText, port: port, authority: ask.url.authority, target: ask.target, isTLS: ask.url.scheme.isTLS)
    }
}
