extension UpstreamURL {
    struct Fault: Error, Equatable {
        var reason: String
        var hint: String?
    }

    /// `scheme://host[:port][/path]` (RFC 3986 §3), and nothing else: a user name or a query has no meaning in an upstream.
    /// - Parameter takesHTTP2: whether `h2c` is a scheme.
    init(parsing text: String, takesHTTP2: Bool = false) throws(Fault) {
        if text.hasPrefix("unix:") {
            self = try Self.unix(String(text.dropFirst(5)))
            return
        }
        let hint = "such as \"http://127.0.0.1:3000\""
        let parts = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            // Caddy writes unix//path, HAProxy the path alone.
            let isSocket = text.hasPrefix("unix/") || text.hasPrefix("/")
            throw Fault(reason: "no scheme", hint: isSocket ? Self.socketHint : "begin it with http:// or https://")
        }
        guard let scheme = Scheme(rawValue: parts[0].lowercased()), scheme != .tcp, takesHTTP2 || scheme != .h2c else {
            let hint = takesHTTP2 ? Self.hint(for: parts[0].lowercased()) : "http or https"
            throw Fault(reason: "the scheme \"\(parts[0])\"", hint: hint)
        }
        let rest = parts[1]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Fault(reason: "spaces or characters outside ASCII", hint: hint)
        }
        guard !rest.contains("?"), !rest.contains("#") else { throw Fault(reason: "a query or a fragment", hint: hint) }
        // As nginx writes it.
        guard !rest.hasPrefix("unix:") else { throw Fault(reason: "a Unix socket behind \"://\"", hint: Self.socketHint) }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { throw Fault(reason: "a user name", hint: "send it with headers.add instead") }
        let (hostText, portText) = try Self.split(authority)
        (host, self.hostText) = try Self.host(hostText)
        self.scheme = scheme
        port = try Self.port(portText, scheme: scheme)
        basePath = try Self.basePath(rest.dropFirst(authority.count))
    }

    /// `host:port`, for connections that are passed on as they are.
    init(tcpAddress text: String) throws(Fault) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw Fault(reason: "spaces or characters outside ASCII") }
        guard !text.contains("/"), !text.contains("@") else { throw Fault(reason: "more than a host and a port") }
        let (hostText, portText) = try Self.split(Substring(text))
        guard portText != nil else { throw Fault(reason: "no port") }
        (host, self.hostText) = try Self.host(hostText)
        scheme = .tcp
        port = try Self.port(portText, scheme: .tcp)
        basePath = ""
    }

    /// What to write in place of a scheme that other programs have.
    private static func hint(for scheme: String) -> String {
        switch scheme {
        case "http+unix", "https+unix", "unix+http": socketHint
        case "grpc": "h2c for gRPC without TLS, https for gRPC with it"
        case "grpcs": "https, which carries gRPC, too"
        case "tcp", "tls", "ssl", "stream": "http, https, h2c, ws or wss; what is not HTTP is passed on by [[tcp]]"
        case "fastcgi", "fcgi", "uwsgi", "scgi", "ajp": "http or https: upstreams speak HTTP"
        default: "http, https, h2c, ws or wss"
        }
    }

    private static let socketHint = "such as \"unix:/run/app.sock\""

    /// `unix:/path`: HTTP over a Unix socket. The path has to fit into `sockaddr_un` (unix(7)).
    private static func unix(_ path: String) throws(Fault) -> UpstreamURL {
        let hint = socketHint
        guard path.hasPrefix("/") else { throw Fault(reason: "a Unix socket without an absolute path", hint: hint) }
        guard path.utf8.count <= 107 else { throw Fault(reason: "a Unix socket's path of more than 107 bytes", hint: hint) }
        return UpstreamURL(scheme: .http, host: .unix(path), hostText: path, port: 0, basePath: "")
    }

    private static func split(_ authority: Substring) throws(Fault) -> (host: Substring, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw Fault(reason: "\"[\" without \"]\"") }
            let behind = authority[authority.index(after: end)...]
            guard behind.isEmpty || behind.hasPrefix(":") else { throw Fault(reason: "\"\(behind)\" after \"]\"") }
            return (authority[...end], behind.isEmpty ? nil : behind.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw Fault(reason: "more than one \":\"", hint: "an IPv6 address stands in brackets: [::1]")
        }
        return (parts[0], parts.count == 2 ? parts[1] : nil)
    }

    private static func host(_ text: Substring) throws(Fault) -> (Host, String) {
        guard !text.isEmpty else { throw Fault(reason: "no host") }
        if text.hasPrefix("[") {
            let address = text.dropFirst().dropLast()
            guard let bytes = IPAddressText.ipv6(address) else { throw Fault(reason: "\"\(address)\" is not an IPv6 address") }
            return (.ipv6(bytes), address.lowercased())
        }
        if let bytes = IPAddressText.ipv4(text) { return (.ipv4(bytes), String(text)) }
        // What ends in a number is meant as an IPv4 address, and resolvers read it in surprising ways (WHATWG URL, "ends in a
        // number checker").
        if text.split(separator: ".").last?.allSatisfy({ ("0"..."9").contains($0) }) ?? true {
            throw Fault(reason: "\"\(text)\" is not an IPv4 address")
        }
        switch HostName.check(String(text)) {
        case .success(let name): return (.name(name), name)
        case .failure(let fault): throw Fault(reason: "the host: \(fault.reason)", hint: fault.hint)
        }
    }

    private static func port(_ text: Substring?, scheme: Scheme) throws(Fault) -> Int {
        guard let text else { return scheme.isTLS ? 443 : 80 }
        guard (1...5).contains(text.utf8.count), text.allSatisfy({ ("0"..."9").contains($0) }), let port = Int(text),
            (1...65_535).contains(port)
        else { throw Fault(reason: "\"\(text)\" is not a port", hint: "1 to 65535") }
        return port
    }

    private static func basePath(_ text: Substring) throws(Fault) -> String {
        if text.isEmpty { return "" }
        if let reason = PathText.fault(in: String(text)) { throw Fault(reason: "the path \(reason)") }
        return text.hasSuffix("/") ? String(text.dropLast()) : String(text)
    }
}
