import Foundation
import Testing

@testable import Configuration

/// One file that sets every key away from its default.
@Suite struct EveryKeyTests {
    let configuration: Configuration
    let site: Site

    init() throws {
        let fixture = try Fixture(url: Fixture.folder.appending(path: "every-key.toml"))
        // A key that would protect something, and whose feature is missing, is an error otherwise.
        let result = fixture.read(mode: .lenient)
        try #require(result.problems.allSatisfy { $0.severity == .warning }, "\(result.problems)")
        configuration = try #require(result.configuration)
        site = configuration.sites[0]
    }

    @Test func `global tables are read as written`() {
        #expect(configuration.server.name == "edge" && configuration.server.version == "9")
        #expect(configuration.server.description == "front")
        #expect(configuration.server.stateDir == "./state" && configuration.server.volatileState)
        #expect(configuration.server.user == "www-data" && configuration.server.group == "ssl-cert")
        #expect(configuration.performance.workerThreads == 3)
        #expect(configuration.performance.maxConnections == 77)
        #expect(configuration.performance.keepAliveTimeout == .milliseconds(61_500))
        #expect(configuration.performance.requestTimeout == .seconds(31))
        #expect(configuration.performance.readBufferSize == 65_536)
        #expect(configuration.performance.writeBufferSize == 4096)
        #expect(configuration.admin.socket == .file(path: "/run/gateway/admin.sock"))
        #expect(configuration.admin.history == 9)
        #expect(configuration.metrics.listen == Metrics.Listen(address: "::1", port: 9145, isLoopback: true))
        #expect(configuration.metrics.token == "0123456789abcdef")
        #expect(configuration.metrics.maxLabelSets == 77)
        #expect(configuration.admin.rollbackOn == FailureShare(percent: 2.5, duration: .seconds(60)))
    }

    @Test func `names are looked up as written`() {
        let dns = configuration.dns
        #expect(dns.servers == ["192.0.2.53:53", "127.0.0.1:5353", "[::1]:53", "[::1]:54"])
        #expect(dns.timeout == .milliseconds(500))
        #expect(dns.attempts == 3)
        #expect(dns.minTTL == .seconds(2))
        #expect(dns.maxTTL == .seconds(3600))
        #expect(configuration.tls.records == .openSSL && configuration.tls.ticketKeys == "tickets")
        #expect(configuration.fileCache.size == 64 << 20)
        #expect(configuration.fileCache.entries == 99)
        #expect(configuration.fileCache.valid == .milliseconds(2500))
    }

    @Test func `limits are read as written`() {
        let limits = configuration.limits
        #expect(limits.maxHeadBytes == 17 << 10)
        #expect(limits.maxTargetBytes == 9 << 10)
        #expect(limits.maxFields == 101)
        #expect(limits.maxFieldBytes == 7 << 10)
        #expect(limits.maxTrailerBytes == 6 << 10)
        #expect(limits.maxChunkExtensionBytes == 2 << 10)
        #expect(limits.maxRequestsPerConnection == 5)
        #expect(limits.maxConnectionsPerClient == 6)
        #expect(limits.handshakeTimeout == .seconds(11))
        #expect(limits.headTimeout == .seconds(12))
        #expect(limits.bodyTimeout == .seconds(13))
        #expect(limits.sendTimeout == .seconds(14) && limits.halfCloseGrace == .seconds(3))
        #expect(limits.keepAliveTimeout == .seconds(15))
        #expect(limits.http2Streams == 127)
        #expect(limits.http2Resets == 499)
        #expect(limits.http2ControlFrames == 1999)
        #expect(limits.http2Window == 1 << 20)
        #expect(limits.http2Ping == .seconds(5))
        #expect(limits.minBodyRate == 1024)
        #expect(limits.minBodyRateGrace == .seconds(7))
        #expect(limits.drainTimeout == .seconds(16))
        #expect(limits.reloadCloseWindow == .seconds(18))
        #expect(limits.drainDelay == .seconds(19) && limits.upgradeDrain == .seconds(20))
        #expect(limits.lingeringTimeout == .zero)
        #expect(limits.lingeringTime == .seconds(17))
        #expect(limits.tunnelIdle == .seconds(7200))
        #expect(limits.tunnelLifetime == .seconds(86_400))
        #expect(limits.tunnelPing == .seconds(30) && limits.tunnelStall == .seconds(5))
        #expect(limits.maxTunnelsPerClient == 8)
        #expect(limits.maxIdleUpstreamConnections == 7)
        #expect(limits.maxCompressions == 8)
        #expect(limits.fileThreads == 3 && limits.fileReads == 70 && limits.fileTimeout == .seconds(7))
        #expect(limits.upstreamIdleTimeout == .milliseconds(500))
        #expect(limits.rateLimitedClients == 2000 && limits.handshakeFailureLines == 21)
    }

    @Test func `TLS is read as written`() {
        let tls = configuration.tls
        #expect(tls.keylogFile == "./keys" && tls.maxLoadedCertificates == 2000 && tls.expiryThreshold == .seconds(864_000))
    }

    @Test func `security is read as written`() {
        let security = configuration.security
        #expect(security.hideServerHeader && security.headersOnProxied)
        #expect(security.maxRequestSize == 2 << 30)
        #expect(security.allowedOrigins == ["https://a.example"])
        #expect(security.trustedProxies.map(\.description) == ["10.0.0.0/8"])
        // In the file's order, not the alphabet's.
        #expect(security.securityHeaders == [HeaderField(name: "Z-Last", value: "z"), HeaderField(name: "A-First", value: "a")])
        #expect(security.rateLimiting?.requests == 60 && security.rateLimiting?.period == .seconds(60))
        #expect(security.rateLimiting?.burst == 10)
        #expect(security.rateLimiting?.whitelist.map(\.prefixLength) == [32])
    }

    @Test func `a site is read as written`() {
        #expect(site.name == "main")
        #expect(site.hostnames == ["www.example.com", "*.example.com", "192.0.2.1"])
        #expect(site.listen == "::1")
        #expect(site.port == 8443)
        #expect(site.isDefault && site.apiOnly && site.redirectToHTTPS)
        #expect(!site.h2WebSocket)
        #expect(site.internalAPI && site.routes.suffix(4).map(\.path).first == "/api/health")
        #expect(site.accessLog == .syslog(.tls(host: "logs.example", port: 6514)) && site.logFormat == .ecs)
        #expect(configuration.sites[1].h2c)
        #expect(configuration.sites[1].proxyProtocol?.from.map(\.prefixLength) == [32])
        #expect(configuration.sites[1].proxyProtocol?.others == .plain)
        #expect(site.staticDir == "./static")
        #expect(site.healthPath == "/healthz" && site.drain)
        #expect(site.httpsPort == 8444)
        #expect(site.indexFiles == ["home.html"])
        #expect(site.allowedOrigins == ["https://b.example"])
        #expect(site.headers == [HeaderField(name: "X-Site", value: "main")])
        #expect(site.errorPages == [404: "404.html"])
        #expect(!site.compression.enabled)
        #expect(site.compression.types == ["text/html"])
        #expect(site.compression.codings == [.zstd, .gzip, .brotli])
        #expect(site.compression.level == 9)
        #expect(site.compression.brotliLevel == 5)
        #expect(site.compression.zstdLevel == 7)
        #expect(site.compression.proxied && site.compression.withCookies)
        #expect(site.mediaTypes == ["dat": "application/x-dat; v=1"])
        #expect(site.charset == "iso-8859-1")
        #expect(site.compression.minSize == 2048)
        #expect(site.compression.precompressed)
        #expect(!site.cache.enabled && !site.cache.etagEnabled && !site.cache.lastModifiedEnabled)
        #expect(site.cache.cacheControl == "no-store")
        #expect(site.cache.maxAgeStatic == 1)
        #expect(site.cache.maxAgeDynamic == 2)
    }

    @Test func `what a site answers itself is read as written`() throws {
        #expect(site.redirectHostnames == ["old.example"])
        #expect(site.action == nil)
        #expect(site.tryFiles == ["{path}", "/index.html"] && site.enableDirectoryListing)
        #expect(site.routes.dropLast(4).map(\.path) == ["/old/", "/docs/", "[.]png$", "/tls", "/favicon.ico"])
        #expect(site.routes[1].action == .files(["{path}.html"]) && site.routes[2].action == .files([]))
        #expect(site.routes[0].action == .redirect(Redirect(target: "/new{remainder}", status: 308)))
        #expect(site.routes[0].responseHeaders.set == [HeaderField(name: "X-Old", value: "1")])
        #expect(site.routes[3].action == .tlsInfo)
        guard case .respond(let fixed) = site.routes[4].action else {
            Issue.record("no fixed answer")
            return
        }
        #expect(fixed.status == 404 && fixed.body == "no\nicon" && fixed.contentType == "text/x")
        #expect(fixed.headers == [HeaderField(name: "X-Icon", value: "none")])
    }

    @Test func `connections that are passed on are read as written`() throws {
        let tcp = try #require(configuration.tcp.first)
        #expect(configuration.tcp.count == 1 && tcp.name == "mail" && tcp.listen == "127.0.0.1" && tcp.port == 993)
        #expect(tcp.upstream == "imap" && tcp.method == .hash)
        #expect(tcp.connectTimeout == .seconds(2) && tcp.idleTimeout == .seconds(1800))
        #expect(tcp.names.map(\.hostnames) == [["a.example", "*.b.example"]] && tcp.names[0].upstream == "a")
        #expect(tcp.upstreams.map(\.name) == ["imap", "a", "a"])
        #expect(
            tcp.upstreams.map(\.url.description)
                == ["tcp://10.0.0.5:993", "tcp://[2001:db8::1]:993", "tcp://mail.internal:994"])
        #expect(tcp.upstreams.map(\.sendProxy) == [.v1, .v2, nil])
        #expect(tcp.upstreams[0].weight == 2 && tcp.upstreams[0].maxConns == 7)
        #expect(tcp.upstreams[2].backup && tcp.upstreams[2].drain)
        #expect(tcp.proxyProtocol?.others == .plain && tcp.proxyProtocol?.from.count == 1)
        let check = tcp.healthCheck
        #expect(check.enabled && check.kind == .tcp && check.interval == .seconds(3) && check.timeout == .seconds(1))
        #expect(check.retries == 2 && check.rise == 4)
    }

    @Test func `rules for fields are read as written`() {
        let (request, answer) = (site.requestHeaders, site.responseHeaders)
        #expect(request.remove == ["x-debug"] && answer.remove == ["x-powered-by"])
        #expect(request.set == [HeaderField(name: "X-Env", value: "prod")])
        #expect(request.add == [HeaderField(name: "X-Seen", value: "{client_ip}")])
        #expect(request.defaults == [HeaderField(name: "X-Tenant", value: "none")])
        #expect(answer.set == [HeaderField(name: "X-Frame-Options", value: "SAMEORIGIN")])
        #expect(answer.add == [HeaderField(name: "Link", value: "</a>")])
        #expect(answer.defaults == [HeaderField(name: "Cache-Control", value: "no-cache")])
    }

    @Test func `access control and TLS are read as written`() throws {
        let cors = try #require(site.accessControl)
        #expect(cors.allowOrigins == ["https://a.example"])
        #expect(cors.allowMethods == ["PUT"])
        #expect(cors.allowHeaders == ["X-A"] && cors.exposeHeaders == ["X-B", "ETag"])
        #expect(cors.allowCredentials)
        #expect(cors.maxAge == 3)
        let ssl = try #require(site.ssl)
        #expect(ssl.certFile == "a.crt")
        #expect(ssl.keyFile == "a.key")
        #expect(ssl.minVersion == .tls13 && ssl.passphraseFile == "a.pass")
        #expect(ssl.certificates.map(\.certFile) == ["b.crt", "c.p12"])
        #expect(ssl.certificates.map(\.keyFile) == ["b.key", "c.p12"])
        #expect(ssl.certificates.map(\.passphraseFile) == ["b.pass", nil])
        #expect(ssl.alpn == ["h2"] && ssl.stapling == StaplingSettings(isOn: true, responder: "http://ocsp.example/"))
        #expect(ssl.preset == .modern && ssl.maxVersion == .tls13 && ssl.strictSNI)
        #expect(ssl.suites == ["TLS_AES_128_GCM_SHA256"] && ssl.groups == ["P-384"])
        let clients = ssl.clientAuthentication
        #expect(clients.mode == .optional && clients.caFile == "clients.crt" && clients.crlFile == "clients.crl")
        #expect(clients.depth == 2 && clients.sendsHeaders)
        #expect(site.proxy?.routes.first?.requiresClientCertificate == true)
        #expect(!ssl.autoCert)
    }

    @Test func `automatic certificates are read as written`() throws {
        let ssl = try #require(configuration.sites[2].ssl)
        #expect(ssl.autoCert)
        #expect(ssl.domains == ["b.example"])
        #expect(ssl.issuer == .acme)
        let demand = try #require(ssl.onDemand)
        #expect(demand.ask?.url.description == "http://127.0.0.1:5555/check" && demand.ask?.target == "/check?a=b&domain=")
        #expect(demand.names == ["*.c.example"] && demand.perMinute == 4 && demand.maxNames == 5 && demand.maxWaiting == 6)
        #expect(demand.wait == .seconds(7))
        #expect(ssl.acme.email == "ops@example.com")
        #expect(!ssl.acme.staging)
        #expect(ssl.acme.challengeDir == "./acme")
        #expect(ssl.acme.directory == "https://acme.example.com/directory")
        #expect(ssl.acme.caFile == "./acme-ca.crt")
        #expect(ssl.acme.eabKid == "kid-1" && ssl.acme.eabHmacKey == "c2VjcmV0")
        #expect(ssl.acme.keyType == .p384)
        #expect(ssl.acme.fallback == ["https://other.example.com/dir"])
        #expect(ssl.acme.preferredChain == "Root X")
        let update = try #require(ssl.acme.dnsUpdate)
        #expect(update.server == "192.0.2.53:5353" && update.zone == "c.example")
        #expect(update.keyName == "k1" && update.keySecret == "c2VjcmV0" && update.wait == .seconds(3))
        #expect(ssl.acme.profile == "shortlived")
        #expect(ssl.acme.dnsHook == "/usr/local/bin/hook" && ssl.acme.dnsHookTimeout == .seconds(90))
        #expect(try #require(configuration.sites[3].ssl).acme.staging)
    }

    @Test func `protection is read as written`() throws {
        #expect(site.access.allow?.map(\.description) == ["192.0.2.0/24"])
        #expect(site.access.deny?.map(\.description) == ["0.0.0.0/0", "::/0"])
        #expect(site.access.requireAuth == true && site.access.forwardAuthorization == true)
        #expect(site.access.authFile == "users.htpasswd")
        #expect(site.access.authRealm == "Inner \"rooms\"")
        #expect(site.access.authAttempts == 12)
        #expect(site.access.authUserHeader == "X-Remote-User")
        #expect(site.concurrency.requests == 100 && site.concurrency.requestsPerClient == 7)
        #expect(site.proxy?.routes.first?.concurrency.requests == 8)
        #expect(site.proxy?.routes.first?.concurrency.requestsPerClient == 3)
        let tokens = try #require(site.tokens)
        #expect(
            tokens.keys == .url("https://issuer.example/keys", refresh: .seconds(300), caFile: "issuer-ca.pem"))
        #expect(tokens.issuer == "https://issuer.example" && tokens.audience == ["api"])
        #expect(tokens.leeway == .seconds(5) && tokens.cookie == "token" && tokens.forwardAuthorization)
        #expect(tokens.userClaim == "email" && tokens.userHeader == "X-Email")
        #expect(site.proxy?.routes.first?.liftsTokens == true && site.proxy?.routes.first?.tokens == nil)
        let auth = try #require(site.forwardAuth)
        #expect(auth.url.description == "https://auth.example/verify" && auth.target == "/verify/?rd=x")
        #expect(auth.copyHeaders == ["remote-user", "remote-groups"] && auth.userHeader == "Remote-User")
        #expect(auth.timeout == .milliseconds(900) && auth.caFile == "auth-ca.pem" && auth.tlsServerName == "auth.inner")
        #expect(auth.questionHeaders == [HeaderField(name: "X-Role", value: "staff")])
        #expect(site.proxy?.routes.first?.liftsForwardAuth == true && site.proxy?.routes.first?.forwardAuth == nil)
        let limit = try #require(site.rateLimit)
        #expect(limit.requests == 61 && limit.period == .seconds(60) && limit.burst == 11)
        #expect(limit.blockDuration == .seconds(300))
        #expect(limit.key == .header("x-key"))
        #expect(limit.ipv6Prefix == 56)
        #expect(limit.whitelist.map(\.description) == ["192.0.2.2"])
        #expect(limit.blacklist.map(\.description) == ["0.0.0.0/0", "::/0"])
        #expect(limit.announce)
        let route = try #require(site.proxy?.routes.first)
        #expect(route.access.allow?.map(\.description) == ["192.0.2.3"])
        #expect(route.access.deny?.map(\.description) == ["2001:db8::/32"])
        #expect(route.rateLimit?.requests == 5 && route.rateLimit?.period == .seconds(9) && route.rateLimit?.burst == 5)
    }

    @Test func `upstreams and routes are read as written`() throws {
        let proxy = try #require(site.proxy)
        #expect(proxy.drain == ["pool"])
        let first = proxy.upstreams[0]
        #expect(first.name == "pool")
        #expect(first.url.description == "https://[2001:db8::1]:8443/base")
        #expect(first.weight == 2)
        #expect(first.maxConns == 3)
        #expect(first.handshakeRate == 50 && first.sendProxy == .v2)
        #expect(first.idleTimeout == .milliseconds(1500))
        #expect(first.caFile == "ca.pem")
        #expect(first.tlsServerName == "up.example")
        #expect(first.clientCertFile == "c.crt")
        #expect(first.clientKeyFile == "c.key")
        #expect(!first.verify)
        #expect(proxy.upstreams[1].url.port == 80)
        #expect(proxy.upstreams[1].verify)
        #expect(proxy.upstreams[1].backup && proxy.upstreams[1].drain)
        #expect(!first.backup && !first.drain)
        #expect(proxy.upstreams.map(\.http.version) == [.http1, .http1, .http2, .auto])
        #expect(proxy.upstreams.map(\.crlFile) == [nil, nil, nil, "revoked.crl"])
        let streams = proxy.upstreams[2].http
        #expect(streams.maxStreams == 40 && streams.pingInterval == .zero && streams.pingTimeout == .seconds(7))
        let route = proxy.routes[0]
        #expect(route.path == "/api/")
        #expect(route.upstream == "pool")
        #expect(route.stripPrefix && route.websocket && route.cache == true)
        #expect(route.rewriteTarget == "/v2" && route.rewriteLocation)
        #expect(route.rewriteCookies && route.rewriteDestination)
        #expect(route.tunnel.idle == .milliseconds(1500) && route.tunnel.stall == .seconds(9))
        #expect(route.method == .hash)
        #expect(route.hashOn == .cookie("id"))
        #expect(route.allowedOrigins == ["https://a.example"])
        var tunnel = TunnelSettings()
        (tunnel.idle, tunnel.lifetime) = (.seconds(1200), .seconds(43_200))
        (tunnel.ping, tunnel.stall) = (.seconds(40), .seconds(8))
        (tunnel.maxTunnels, tunnel.maxMessageSize, tunnel.isStrict) = (90, 2 << 20, true)
        #expect(site.tunnel == tunnel)
        #expect(route.tunnel.lifetime == .seconds(28_800))
        #expect(route.tunnel.ping == .seconds(20))
        #expect(route.tunnel.maxTunnels == 9)
        #expect(route.tunnel.maxMessageSize == 1 << 20)
        #expect(route.tunnel.isStrict == true)
        #expect(route.requestTrailers)
    }

    @Test func `the rest of a proxy is read as written`() throws {
        let proxy = try #require(site.proxy)
        #expect(proxy.loadBalancing.method == .leastConnections)
        #expect(proxy.timeout.connect == .milliseconds(250))
        #expect(proxy.timeout.read == .seconds(1))
        #expect(proxy.timeout.write == .seconds(120))
        #expect(proxy.timeout.tlsHandshake == .seconds(3))
        #expect(proxy.timeout.firstByte == .seconds(4))
        #expect(proxy.timeout.streamIdle == .seconds(7))
        let headers = proxy.headers
        #expect(!headers.preserveHost && !headers.addForwarded && !headers.addXForwarded && !headers.addVia)
        #expect(headers.allowUnderscores)
        #expect(headers.addXRealIP && headers.addRequestID && headers.addXForwardedPrefix)
        #expect(headers.remove == ["x-internal"])
        #expect(headers.removeUntrusted == ["x-claim"])
        #expect(headers.add == [HeaderField(name: "X-Added", value: "1")])
        #expect(headers.trustedProxies.map(\.description) == ["10.0.0.0/8", "::1"])
        #expect(proxy.healthCheck.enabled)
        #expect(proxy.healthCheck.path == "/up")
        #expect(proxy.healthCheck.interval == .seconds(5))
        #expect(proxy.healthCheck.timeout == .seconds(1))
        #expect(proxy.healthCheck.retries == 2)
    }

    @Test func `balancing and health are read as written`() throws {
        let proxy = try #require(site.proxy)
        let balancing = proxy.loadBalancing
        #expect(balancing.hashOn == .header("x-user"))
        #expect(balancing.stickySessions)
        #expect(balancing.stickyCookie == "stuck" && balancing.stickySameSite == .unrestricted)
        #expect(balancing.stickySecret == "secret")
        #expect(balancing.slowStart == .seconds(20))
        #expect(balancing.queue == 21)
        #expect(balancing.queueTimeout == .seconds(22))
        #expect(balancing.panicPercent == 23)
        let check = proxy.healthCheck
        #expect(check.kind == .tcp)
        #expect(check.host == "probe.example")
        #expect(check.statuses == [200...200, 300...302])
        #expect(check.rise == 4)
        let passive = proxy.passiveHealth
        #expect(passive.maxFails == 31 && passive.failPercent == 32 && passive.circuitFails == 36)
        #expect(passive.window == .seconds(33))
        #expect(passive.ejectTime == .seconds(34))
        #expect(passive.maxEjectTime == .seconds(35))
        #expect(passive.circuitOpen == .seconds(37))
        #expect(passive.circuitMaxOpen == .seconds(38))
        let retry = proxy.retry
        #expect(retry.retries == 41)
        #expect(retry.conditions == [.timeout, .status503])
        #expect(retry.replayLimit == 42 << 10)
        #expect(retry.budgetPercent == 43)
    }

    @Test(
        "A key's place is its value's, by this project's spelling; a default's is its table's",
        arguments: [
            ("sites[0].port", "port = 8443"), ("sites[0].ssl.cert_file", "cert_path = "),
            ("sites[0].proxy.upstreams[1].url", "url = \"ws:"),
            ("sites[0].proxy.routes[0]", "[[sites.proxy.routes]]"),
            ("sites[0].proxy.upstreams[3].ca_file", "[[sites.proxy.upstreams]]"),
            ("limits.max_fields", "max_fields = "),
        ])
    func places(keyPath: String, start: String) throws {
        let text = try Fixture(url: Fixture.folder.appending(path: "every-key.toml")).text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let line = try #require(lines.lastIndex { $0.hasPrefix(start) }) + 1
        #expect(configuration.location(of: keyPath)?.line == line)
        #expect(configuration.problem(.error, at: keyPath, "x").location.line == line)
    }

    @Test func `a key of no written table has no place`() {
        #expect(configuration.location(of: "nothing.at.all") == nil)
        #expect(configuration.problem(.error, at: "nothing", "x").location.line == 1)
    }
}
