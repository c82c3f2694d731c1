/// One entry of `[[sites.proxy.upstreams]]`: a server, and how to speak to it.
package struct Upstream: Sendable, Hashable {
    /// The pool it belongs to.
    package var name: String
    package var url: UpstreamURL
    /// 0: takes no requests.
    package var weight = 1
    /// nil: no limit.
    package var maxConns: Int?
    /// WebSocket handshakes in a second; 0: no limit.
    package var handshakeRate = 0
    /// How long idle connections to it are kept; nil: `limits.upstream_idle_timeout`.
    package var idleTimeout: Duration?
    /// Is it used only when too few of the others are healthy?
    package var backup = false
    /// Does it take no new requests, except from clients that a sticky cookie ties to it?
    package var drain = false
    /// PEM of the authorities to trust in place of the system's.
    package var caFile: String?
    /// PEM of revocation lists of the authorities in its chain; nil: nothing is revoked.
    package var crlFile: String?
    /// The name for SNI and for the certificate check; nil: the URL's host.
    package var tlsServerName: String?
    /// PEM of the certificate that is shown to it; nil: none.
    package var clientCertFile: String?
    /// PEM of that certificate's key.
    package var clientKeyFile: String?
    package var tlsMinVersion = TLSSettings.Version.tls12
    /// Cipher suites by OpenSSL's names; nil: OpenSSL's own choice.
    package var tlsSuites: [String]?
    /// SHA-256 of the public keys that its certificate may have (SPKI); empty: any.
    package var tlsPins: [[UInt8]] = []
    /// False: any certificate is accepted, an explicit and warned-about choice.
    package var verify = true
    /// The PROXY protocol's version that connections to it begin with; nil: none.
    package var sendProxy: SendProxy?
    package var http = UpstreamHTTP()
}

/// Which version of HTTP is spoken to an upstream.
package struct UpstreamHTTP: Sendable, Hashable {
    /// The version that `http_version` names.
    package enum Version: String, Sendable, CaseIterable {
        case http1 = "1.1"
        case http2 = "2"
        /// What the server chooses by ALPN.
        case auto
    }

    package var version = Version.http1
    /// Exchanges that one connection carries at once in HTTP/2.
    package var maxStreams = 128
    /// The silence after which a connection in HTTP/2 on which answers are awaited is asked whether it is alive; 0: never.
    package var pingInterval = Duration.seconds(10)
    package var pingTimeout = Duration.seconds(20)

    package init() {}
}

/// The address of an upstream. Only what an address needs: user names, queries and fragments are refused when read.
package struct UpstreamURL: Sendable, Hashable, CustomStringConvertible {
    /// How the upstream is spoken to; `ws` and `wss` are `http` and `https` on the wire.
    package enum Scheme: String, Sendable, CaseIterable {
        case http, https, ws, wss
        /// HTTP/2 without TLS, by prior knowledge (RFC 9113 §3.3).
        case h2c
        /// Bare TCP, for `[[tcp]]` alone.
        case tcp

        /// Whether connections to it are TLS.
        package var isTLS: Bool { self == .https || self == .wss }
    }

    /// A name to be resolved, or a literal address.
    package enum Host: Sendable, Hashable {
        /// Lower case.
        case name(String)
        /// 4 bytes in network order.
        case ipv4([UInt8])
        /// 16 bytes in network order.
        case ipv6([UInt8])
        /// A Unix socket's absolute path.
        case unix(String)
    }

    package let scheme: Scheme
    package let host: Host
    /// The host as text, without brackets, lower case; a Unix socket's path.
    package let hostText: String
    /// 0 for a Unix socket.
    package let port: Int
    /// Put before every path: empty, or `/…` without a slash at its end.
    package let basePath: String

    /// Host and port as a `Host` field says them: IPv6 in brackets, the scheme's own port left out.
    package var authority: String {
        if case .unix = host { return "localhost" }
        let isDefaultPort = scheme != .tcp && port == (scheme.isTLS ? 443 : 80)
        var bracketed = hostText
        if case .ipv6 = host { bracketed = "[\(hostText)]" }
        return isDefaultPort ? bracketed : "\(bracketed):\(port)"
    }

    package var description: String {
        if case .unix(let path) = host { return "unix:\(path)" }
        return "\(scheme.rawValue)://\(authority)\(basePath)"
    }
}
