import TLS
import Transport

/// What is known of a client's own connection, told to that client: `tls_info`. Text for a terminal, or JSON.
struct TLSInfoPage {
    let mediaType: String
    let body: [UInt8]

    /// One line of it. What is shown stands in the text, the value in JSON.
    private struct Fact {
        let name: String
        let shown: String
        /// The value as JSON.
        let value: String

        init(_ name: String, _ text: String?, orNone none: String = "none") {
            self.name = name
            shown = text ?? none
            value = text.map { JSONString.quoted($0) } ?? "null"
        }

        init(_ name: String, shown: String, value: String) {
            (self.name, self.shown, self.value) = (name, shown, value)
        }
    }

    /// - Parameter site: its name.
    init(_ endpoint: ClientEndpoint, httpVersion: String, site: String, asJSON: Bool) {
        let facts = Self.tlsFacts(endpoint) + Self.connectionFacts(endpoint, httpVersion, site)
        mediaType = asJSON ? "application/json" : "text/plain; charset=utf-8"
        body = Array((asJSON ? Self.json(facts) : Self.text(facts)).utf8)
    }

    // MARK: What there is to tell

    private static func tlsFacts(_ endpoint: ClientEndpoint) -> [Fact] {
        guard let facts = endpoint.session?.facts else { return proxyFacts(endpoint.proxyHeader) }
        return [
            Fact("version", facts.version), Fact("cipher", facts.cipher),
            Fact("group", facts.group, orNone: "none, or not known of a session that was resumed"),
            Fact("server_name", facts.serverName, orNone: "none: the client sent no SNI (-servername NAME)"),
            Fact("alpn", facts.alpn, orNone: "none: the client offered nothing (-alpn h2,http/1.1)"),
            Fact("resumed", shown: facts.isResumed ? "yes" : "no", value: "\(facts.isResumed)"),
            Fact(
                "tickets_sent", shown: facts.ticketsSent.map(String.init) ?? "not counted: the records are OpenSSL's",
                value: facts.ticketsSent.map(String.init) ?? "null"),
            Fact("records", facts.records == nil ? "OpenSSL's" : "own"),
            count("records_received", facts.records?.received), count("records_sent", facts.records?.sent),
            clientCertificate(endpoint),
        ]
    }

    private static func clientCertificate(_ endpoint: ClientEndpoint) -> Fact {
        let isAsked = endpoint.session?.clientAuthentication != nil
        return Fact(
            "client_certificate", endpoint.clientCertificate.map { "\($0.subject), SHA-256 \($0.fingerprint)" },
            orNone: isAsked
                ? "none: the client was asked, and showed none (-cert FILE -key FILE)" : "none: the site asks for none")
    }

    private static func count(_ name: String, _ count: UInt64?) -> Fact {
        Fact(name, shown: count.map(String.init) ?? "not counted", value: count.map(String.init) ?? "null")
    }

    /// Where a proxy in front has taken TLS off, by what it says of it.
    private static func proxyFacts(_ header: ProxyHeader?) -> [Fact] {
        let none = "not said by the proxy in front, if the client spoke TLS at all"
        let (version, cipher) = (header?.tls?.version ?? "", header?.tls?.cipher ?? "")
        return [
            Fact("version", version.isEmpty ? nil : version, orNone: none),
            Fact("cipher", cipher.isEmpty ? nil : cipher, orNone: none),
        ]
    }

    private static func connectionFacts(_ endpoint: ClientEndpoint, _ httpVersion: String, _ site: String) -> [Fact] {
        let header = endpoint.proxyHeader
        return [
            Fact("http", httpVersion), Fact("site", site), Fact("client", endpoint.peer.description),
            Fact(
                "proxy_protocol", shown: header == nil ? "no: the client connected by itself" : "yes: the proxy in front says so",
                value: "\(header != nil)"),
            Fact("listener", header?.destination?.description ?? listener(endpoint).description),
        ]
    }

    /// The port may have been the kernel's choice.
    private static func listener(_ endpoint: ClientEndpoint) -> SocketAddress {
        let address = endpoint.listener.address
        return SocketAddress(family: address.family, bytes: address.bytes, port: endpoint.port)
    }

    // MARK: How

    private static func text(_ facts: [Fact]) -> String {
        let width = facts.map(\.name.count).max() ?? 0
        return facts.map { fact in
            fact.name + String(repeating: " ", count: width - fact.name.count + 2) + printable(fact.shown) + "\n"
        }.joined()
    }

    private static func json(_ facts: [Fact]) -> String {
        "{" + facts.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}\n"
    }

    /// A name that a client chose is shown to it on a terminal: no control character goes there.
    private static func printable(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "\u{FFFD}" : Character($0) })
    }
}
