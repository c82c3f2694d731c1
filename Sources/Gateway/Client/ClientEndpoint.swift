import HTTP
import Logging
import Messages
import TLS
import Transport

/// What is known of a client's connection, whatever travels on it.
final class ClientEndpoint {
    /// What the access log says of a connection's TLS.
    struct TLSParameters {
        let version: String
        let cipher: String
    }

    /// Who is at the other end: behind a proxy that says so by the PROXY protocol, its client.
    private(set) var peer: SocketAddress
    /// Its address; nil for a Unix socket. Made once: to read it out of the other allocates, and rules ask for each request.
    private(set) var address: IPAddress?
    /// What such a proxy has said.
    private var proxied: ProxyHeader?
    private let acceptor: Acceptor
    /// The connection's number among its worker's, from 1.
    let connection: UInt64
    /// Nil before the handshake is done, and on a plain connection.
    var session: TLSSession? {
        get { presentSession }
        set { presentSession = newValue }
    }
    // Price 6.
    private var presentSession: TLSSession?
    /// Verified; nil if the client has shown none.
    var clientCertificate: ClientCertificate? { session?.clientCertificate }
    /// What the log says of TLS; worked out anew each time, so that an idle connection does not keep the words.
    var tls: TLSParameters? {
        if let session { return TLSParameters(version: session.version, cipher: session.cipher) }
        return proxied?.tls.map { TLSParameters(version: $0.version, cipher: $0.cipher) }
    }
    /// The same and more for the flight recorder. Kept while the connection has work: to make the words for each request costs
    /// more than all else that is recorded of it.
    var recordedTLS: RecordedTLS? {
        if let tls = remembered.tls { return tls }
        guard session != nil || proxied?.tls != nil else { return nil }
        return rememberTLS()
    }
    /// What its access lines say of the connection; kept as long.
    var logged: LoggedConnection {
        if let logged = remembered.logged { return logged }
        let made = LoggedConnection(self)
        remembered.logged = made
        return made
    }
    /// What a proxy has said of its client's connection, if one speaks for others here.
    var proxyHeader: ProxyHeader? { proxied }
    /// An operator has the connection end.
    var isEndedByOperator = false
    private var remembered = Remembered()

    /// What can be worked out again, and is dropped when the connection falls asleep.
    private struct Remembered {
        /// The last request's; of no use in another generation.
        var last: (generation: Int, host: [UInt8], site: SitePlan)?
        var forwarding: (site: SitePlan, facts: ClientPeer)?
        var tls: RecordedTLS?
        var logged: LoggedConnection?
    }

    init(peer: SocketAddress, acceptor: Acceptor, connection: UInt64 = 0) {
        self.peer = peer
        address = peer.ipAddress
        self.acceptor = acceptor
        self.connection = connection
    }

    /// Whether the listener's peers speak for others.
    var proxyProtocol: ProxyProtocolPlan? { acceptor.plan.proxyProtocol }

    /// The peer is a proxy that speaks for this client, as its PROXY protocol header says.
    func adopt(_ client: SocketAddress, from header: ProxyHeader) {
        peer = client
        address = client.ipAddress
        proxied = header
        remembered.logged = nil
    }

    /// Where an exchange that begins now belongs. An exchange asks once, and keeps it.
    var generation: Generation { acceptor.generation }

    /// The limits that hold between exchanges.
    var limits: PlanLimits { acceptor.generation.limits }

    /// The listener's plan in the generation in use.
    var listener: ListenerPlan { acceptor.plan }

    /// The site that the connection is for between its requests, as far as that is known.
    var siteOfConnection: SitePlan? {
        let listener = acceptor.plan
        if let name = session?.serverName, let site = listener.site(named: name) { return site }
        if let last = remembered.last, last.generation == acceptor.generation.number { return last.site }
        return listener.sites.allSatisfy { $0 === listener.fallback } ? listener.fallback : nil
    }

    /// Is the listener gone by which the client came? Then its next answer is the last.
    var isListenerRetired: Bool { acceptor.isRetired }

    /// Is its next answer the last, since its listener is gone, an operator says so, or its last request's site drains?
    var mustClose: Bool { acceptor.isRetired || isEndedByOperator || remembered.last?.site.isDraining == true }

    /// Does the client speak TLS?
    var isTLS: Bool { acceptor.isTLS }

    /// May a client begin with HTTP/2 though no TLS has agreed on it?
    var takesPlainHTTP2: Bool { acceptor.plan.takesPlainHTTP2 }

    /// Is the client told that it may open WebSockets over HTTP/2?
    var offersHTTP2WebSockets: Bool { acceptor.plan.offersHTTP2WebSockets(serverName: session?.serverName) }

    /// The port of our listener.
    var port: UInt16 { acceptor.port }

    /// The address that a site believes a request comes from: behind its trusted proxies, the client that they name. Nil for a
    /// Unix socket.
    func clientAddress(of request: RequestHead, for site: SitePlan) -> IPAddress? {
        guard let address, !site.trustedProxies.isEmpty else { return address }
        return ForwardedChain.clientAddress(request.fields, peer: address, trusted: site.trustedProxies)
    }

    /// Who sends a request, as far as the site believes.
    func origin(of request: RequestHead, for site: SitePlan) -> RequestOrigin {
        RequestOrigin(address: clientAddress(of: request, for: site), scheme: forwarding(to: site).scheme(of: request))
    }

    /// Between requests a broken connection leaves no access line; what broke the rules of TLS is logged all the same.
    func logBrokenTLS(_ error: PeerError, to log: Logger) {
        guard case .connection(.tls(let tls)) = error, tls.kind == .protocolViolation else { return }
        log.info("TLS connection broken off", metadata: ["client": "\(peer.host)", "reason": "\(tls.reason)"])
    }

    /// The connection falls asleep.
    func forget() {
        remembered = Remembered()
    }

    @inline(never)
    private func rememberTLS() -> RecordedTLS? {
        remembered.tls = session.map { RecordedTLS(of: $0) } ?? tls.map { RecordedTLS(ofProxied: $0) }
        return remembered.tls
    }

    /// The site of the present generation that a request is for. A client asks for one host nearly always, so the last one is
    /// remembered.
    func site(for request: RequestHead) throws(Failure) -> SitePlan {
        let number = acceptor.generation.number
        if let last = remembered.last, last.generation == number, request.isAuthority(last.host.span) { return last.site }
        let listener = acceptor.plan
        let host = request.lowercasedHost
        let named = isShared(request, host) ? nil : session?.serverName.flatMap { listener.site(named: $0) }
        let site = try Router.site(listener, host: host, serverName: named)
        if let session, let names = listener.tls, !names.takes(host, over: session) {
            throw Failure(
                .misdirected, detail: "the connection's version of TLS is too old for the site", key: "sites.ssl.min_version")
        }
        remembered.last = (number, Array(request.fields.bytes[request.authorityRange]), site)
        return site
    }

    /// HTTP/2's clients ask over one connection for every host that its certificate is good for (RFC 9113 §9.1.1).
    private func isShared(_ request: RequestHead, _ host: String) -> Bool {
        guard request.isHTTP2, let name = session?.serverName, let names = acceptor.plan.tls else { return false }
        return names.mayServe(host, overConnectionTo: name)
    }

    /// The site of a request that could not be read as a whole; nil if it names none that it may have.
    func siteIfNamed(by request: RequestHead) -> SitePlan? {
        request.authority == nil ? nil : try? site(for: request)
    }

    /// For the forwarding fields: whom a site trusts is its own affair. Worked out once for a run of requests to one site.
    func forwarding(to site: SitePlan) -> ClientPeer {
        if let known = remembered.forwarding, known.site === site { return known.facts }
        let address = address
        let facts = ClientPeer(
            address: address, port: peer.port, scheme: isTLS || proxied?.tls != nil ? .https : .http,
            listenerPort: proxied?.destination?.port ?? port,
            isTrusted: address.map { ForwardedChain.isTrusted($0, site.trustedProxies) } ?? false,
            trusted: site.trustedProxies)
        remembered.forwarding = (site, facts)
        return facts
    }
}

extension SocketAddress {
    /// The address as the module `HTTP` knows it.
    var ipAddress: IPAddress? {
        switch family {
        case .ipv4: IPAddress(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) })
        case .ipv6:
            IPAddress(
                v6: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) }, bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
        case .unix: nil
        }
    }
}
