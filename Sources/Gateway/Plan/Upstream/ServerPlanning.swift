import Configuration
import TLS
import Transport
import Upstreams

extension ServerIdentity {
    init(_ upstream: Upstream, of site: Site) {
        self.init(site: site.name, pool: upstream.name, url: upstream.url.description)
    }
}

extension UpstreamServer.Version {
    fileprivate init(_ version: UpstreamHTTP.Version) {
        self =
            switch version {
            case .http1: .http1
            case .http2: .http2
            case .auto: .negotiated
            }
    }

    /// What is offered over TLS (ALPN, RFC 7301).
    fileprivate var protocols: [String] {
        switch self {
        case .http1: ["http/1.1"]
        case .http2: ["h2"]
        case .negotiated: ["h2", "http/1.1"]
        }
    }
}

/// The part of the plan that is about one server of a pool.
extension PlanBuilder {
    /// - Parameter keyPath: the server's, for messages.
    mutating func server(_ upstream: Upstream, _ proxy: Proxy, of site: Site, at keyPath: String) -> UpstreamServer {
        let url = upstream.url
        // A site may well be behind a listener of [[tcp]] of the same gateway: there the connection ends.
        if url.scheme != .tcp, let loop = ownSites.loop(of: url, from: site, isShared: keyPath.hasPrefix("upstreams[")) {
            problem(
                at: "\(keyPath).url", "\(url) is this gateway's own site \"\(loop)\": requests would come back to it for ever",
                hint: "name the server that is to answer them; another site may be asked that asks none of this port")
        }
        let identity = UpstreamServer.Identity(
            isTLS: url.scheme.isTLS, host: url.hostText, port: UInt16(clamping: url.port), basePath: url.basePath)
        var parameters = UpstreamServer.Parameters()
        parameters.weight = upstream.weight
        parameters.maxConns = upstream.maxConns ?? 0
        parameters.isBackup = upstream.backup
        parameters.health = health(proxy)
        parameters.isDraining = upstream.drain || proxy.drain.contains(upstream.name)
        parameters.idleTimeout = upstream.idleTimeout?.nanoseconds
        parameters.proxyHeader = upstream.sendProxy.map { $0 == .v1 ? .v1 : .v2 }
        parameters.version = UpstreamServer.Version(upstream.http.version)
        parameters.maxStreams = upstream.http.maxStreams
        parameters.pingInterval = upstream.http.pingInterval.nanoseconds
        parameters.pingTimeout = upstream.http.pingTimeout.nanoseconds
        // Where its files cannot be used nobody is let through to it.
        let tls = make(.pool(upstream.name), of: site) { $0.tls(upstream, at: keyPath) } ?? nil
        return UpstreamServer(
            identity, url: url.description, authority: url.authority, parameters: parameters, tls: tls,
            state: carried.server(ServerIdentity(upstream, of: site)))
    }

    private mutating func tls(_ upstream: Upstream, at keyPath: String) -> TLSClientContext.Settings? {
        guard upstream.url.scheme.isTLS else { return nil }
        var settings = TLSClientContext.Settings(
            serverName: upstream.tlsServerName ?? upstream.url.hostText, caFile: upstream.caFile,
            clientCertificateFile: upstream.clientCertFile, clientKeyFile: upstream.clientKeyFile,
            verifies: upstream.verify, records: records)
        settings.protocols = UpstreamServer.Version(upstream.http.version).protocols
        settings.crlFile = upstream.crlFile
        settings.minimumVersion = upstream.tlsMinVersion == .tls13 ? .tls13 : .tls12
        settings.suites = upstream.tlsSuites
        settings.pins = upstream.tlsPins
        for (index, suite) in (upstream.tlsSuites ?? []).enumerated() where !TLSPolicy.has(suite: suite) {
            problem(
                at: "\(keyPath).tls_suites[\(index)]", "this system's OpenSSL has no cipher suite \"\(suite)\"",
                hint: "openssl ciphers -s lists them, by their names")
        }
        // Each worker makes its own context; this one finds out now whether it can.
        do throws(TLSError) { _ = try TLSClientContext(settings) } catch {
            let key =
                switch error.file {
                case .authorities: "ca_file"
                case .key: "client_key_file"
                case .revocations: "crl_file"
                case .certificate, .clientAuthorities, .strayRevocations, .passphrase, nil: "client_cert_file"
                }
            problem(at: "\(keyPath).\(key)", error.reason)
            return settings
        }
        if let file = upstream.caFile, upstream.crlFile == nil, let message = RevocationList.unasked(in: file) {
            problem(
                at: "\(keyPath).ca_file", message,
                hint: "name their file in crl_file: it may be this one; or take them out of it")
        }
        if let file = upstream.crlFile { judgeRevocations(file, at: "\(keyPath).crl_file", refused: "the server is") }
        if let file = upstream.clientCertFile { checkClientCertificate(file, at: "\(keyPath).client_cert_file") }
        return settings
    }

    private func health(_ proxy: Proxy) -> ServerHealth.Settings {
        let passive = proxy.passiveHealth
        var health = ServerHealth.Settings()
        health.ejection.failures = passive.maxFails
        health.ejection.percent = passive.failPercent
        health.ejection.window = passive.window.nanoseconds
        health.ejection.time = passive.ejectTime.nanoseconds
        health.ejection.maxTime = max(passive.ejectTime, passive.maxEjectTime).nanoseconds
        health.breaker.failures = passive.circuitFails
        health.breaker.openTime = passive.circuitOpen.nanoseconds
        health.breaker.maxOpenTime = max(passive.circuitOpen, passive.circuitMaxOpen).nanoseconds
        health.probes.fall = proxy.healthCheck.retries
        health.probes.rise = proxy.healthCheck.rise
        health.slowStart = proxy.loadBalancing.slowStart.nanoseconds
        return health
    }
}
