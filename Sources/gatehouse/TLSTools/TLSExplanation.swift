/// What a message of OpenSSL and what is built on it, of browsers, of Go, Java, Node.js or GnuTLS, or of the gateway's log means,
/// and what to do about it.
struct TLSExplanation: Equatable {
    /// Parts of the message in lower case: one of them is in it.
    let patterns: [String]
    let cause: String
    let remedy: String

    init(_ patterns: [String], _ cause: String, _ remedy: String) {
        self.patterns = patterns
        self.cause = cause
        self.remedy = remedy
    }

    /// The explanation of a message.
    static func first(in message: String) -> TLSExplanation? {
        table.first(in: likeOpenSSL(Array(message.lowercased().utf8))).map { all[$0] }
    }

    /// An alert (RFC 8446 §6.2) as OpenSSL writes it: "alert unknown ca", "alert number 48".
    private static func likeOpenSSL(_ text: [UInt8]) -> [UInt8] {
        if let java = text.range(of: "received fatal alert: ") {
            return Array("alert ".utf8) + text[java.upperBound...].map { $0 == UInt8(ascii: "_") ? 0x20 : $0 }
        }
        if let go = text.range(of: "remote error: tls: ") { return Array("alert ".utf8) + text[go.upperBound...] }
        guard let gnu = text.range(of: "received alert [") else { return text }
        return Array(text[..<gnu.lowerBound]) + Array("alert number ".utf8) + text[gnu.upperBound...]
    }

    /// All that are known, those that say most first: a line is explained by the first that is about it.
    static let all =
        connections + agreements + clientCertificates + certificates + conversations + files
    private static let table = PatternTable(all.map(\.patterns))

    // MARK: There is no connection, or no TLS at its other end

    private static let connections = [
        TLSExplanation(
            ["errno=111", "connection refused"], "Nobody listens at that address and port.",
            "Look at the port, and whether the server runs: ss -ltn"),
        TLSExplanation(
            ["couldn't connect to server"], "There is no connection: as a rule nobody listens at that address and port.",
            "Look at the port, and whether the server runs: ss -ltn"),
        TLSExplanation(
            ["errno=110", "timed out", "no answer in time", "errno=145"], "No answer came.",
            "A firewall drops it, the address is wrong, or the server is stuck: try from the server itself."),
        TLSExplanation(
            ["errno=113", "errno=101", "no route to host", "network is unreachable"], "There is no way to that address.",
            "Look at the address: is it IPv6 where only IPv4 works? s_client takes -4."),
        TLSExplanation(
            ["name or service not known", "bio_lookup_ex", "temporary failure in name resolution", "could not resolve host"],
            "The name has no address.", "Look at the spelling, and at the resolver: getent hosts NAME"),
        TLSExplanation(
            ["http request", "plain_http_on_tls_port", "client sent an http request to an https server"],
            "The client spoke plain HTTP to a port that speaks TLS.",
            "Use https://, or the site's plain port."),
        TLSExplanation(
            ["wrong ssl version"], "s_client's R asked for a renegotiation, and TLS 1.3 has none.",
            "Nothing: K changes the keys of TLS 1.3."),
        TLSExplanation(
            [
                "wrong version number", "packet length too long", "unknown protocol", "record too long", "tls_on_plain_port",
                "ssl_error_rx_record_too_long", "err_ssl_protocol_error", "unrecognized ssl message",
                "first record does not look like a tls handshake", "server gave http response to https client",
                "unexpected tls packet",
            ],
            "What answered speaks no TLS: it is a plain port, or it speaks another protocol first.",
            "Use the port for https; does the site have [sites.ssl]? For STARTTLS, s_client has -starttls."),
        TLSExplanation(
            ["errno=104", "errno=32", "connection reset"], "The other side broke the connection off.",
            "It refuses this client before TLS, it crashed, or something between the two cut it (a middlebox that dislikes a "
                + "name or a version). The gateway's log has a line about it, if it came that far: TLS handshake failed, or "
                + "connection refused before TLS and HTTP."),
        TLSExplanation(
            ["can't use ssl_get_servername"],
            "s_client asked for no name (SNI): what came is the certificate of the port's default site.",
            "-servername NAME; of -connect it takes names with a dot in them alone."),
    ]

    // MARK: No version, suite, group or protocol in common

    private static let agreements = [
        TLSExplanation(
            [
                "alert protocol version", "unsupported protocol", "alert number 70", "ssl_error_unsupported_version",
                "ssl_error_protocol_version_alert",
            ],
            "Client and server have no version of TLS in common.",
            "Use TLS 1.2 or 1.3; a site's min_version says which it takes. Old clients that know nothing newer cannot come."),
        TLSExplanation(
            ["no protocols available", "no ciphers available", "no cipher match"],
            "This client's own library offers nothing of what was asked for.",
            "It is this side: OpenSSL's security level forbids TLS 1.1 and older. Only for a test: -cipher 'ALL:@SECLEVEL=0'."),
        TLSExplanation(
            ["no shared cipher"], "The client's hello had no cipher suite that the server takes.",
            "Forward secrecy and AEAD are wanted: ECDHE with AES-GCM or ChaCha20. A client that takes RSA certificates alone "
                + "finds none with an ECDSA certificate."),
        TLSExplanation(
            ["no suitable key share", "no suitable groups"], "Client and server have no group for the key exchange in common.",
            "Offer X25519 or P-256: -groups X25519:P-256"),
        TLSExplanation(
            ["no suitable signature algorithm", "no shared signature"],
            "The server's key signs in no way that the client takes.",
            "A client that takes RSA signatures alone needs an RSA certificate; s_client says with -sigalgs what it takes."),
        TLSExplanation(
            ["alert unrecognized name", "unrecognized_name", "alert number 112"],
            "The server has no site of the name that was asked for.", "Look at the name after -servername."),
        TLSExplanation(
            ["no application protocol", "alert number 120"], "Client and server have no protocol in common (ALPN).",
            "Offer one that the site speaks: -alpn h2,http/1.1"),
        TLSExplanation(
            ["inappropriate fallback", "alert number 86"],
            "The client came back with an older version than it knows, as if it had failed with the newer one.",
            "Leave -fallback_scsv out; else look why its first attempt failed."),
        TLSExplanation(
            [
                "alert handshake failure", "alert number 40", "err_ssl_version_or_cipher_mismatch", "ssl_error_no_cypher_overlap",
            ],
            "The server found nothing in common: no suite, no group, or no kind of signature.",
            "gatehouse tls probe HOST says what it takes; its own log says which of them it was."),
        TLSExplanation(
            ["unsafe legacy renegotiation disabled"], "The server does not know secure renegotiation (RFC 5746): it is very old.",
            "Update it. No client should make an exception."),
        TLSExplanation(
            ["dh key too small", "alert insufficient security", "alert number 71"],
            "What was agreed on is too weak for one of the two.", "Use ECDHE: the suite's name begins with it."),
    ]

    // MARK: Who refuses whose certificate

    private static let clientCertificates = [
        TLSExplanation(
            [
                "alert certificate required", "alert number 116", "peer did not return a certificate",
                "err_bad_ssl_client_auth_cert", "ssl_error_rx_certificate_required_alert",
            ],
            "The server wants a certificate of the client, and none came.", "Give one: -cert FILE -key FILE"),
        TLSExplanation(
            ["alert unknown ca", "alert number 48", "alert unknown certificate authority", "ssl_error_unknown_ca_alert"],
            "The other side does not know the authority of the certificate that it was shown.",
            "If the server's log says so, a client does not trust the server's certificate: has it the CA, does the chain have "
                + "its intermediates? If s_client says so, the server does not take the client's: -cert of the right CA."),
        TLSExplanation(
            ["alert certificate expired", "alert expired certificate", "alert number 45"],
            "The other side was shown a certificate that has expired.",
            "Renew it, and look at both clocks: openssl x509 -in FILE -noout -dates"),
        TLSExplanation(
            ["alert certificate revoked", "alert revoked certificate", "alert number 44"],
            "The other side was shown a certificate that is revoked.",
            "Get a new one."),
        TLSExplanation(
            [
                "alert bad certificate", "alert number 42", "alert certificate unknown", "alert unknown certificate",
                "alert number 46", "ssl_error_bad_cert_alert",
            ],
            "The other side refused the certificate that it was shown: its name, its dates, its issuer or its form.",
            "gatehouse tls cert FILE says what is wrong with it; that side's own log says what it disliked."),
        TLSExplanation(
            ["alert unsupported certificate", "alert number 43"],
            "The other side cannot use a certificate of that kind.",
            "A client's certificate must be one for clients (extendedKeyUsage clientAuth), a server's for servers."),
    ]
}
