// What sites say of TLS besides their certificate.
extension ConfigurationReference {
    static let tlsPolicyKeys = [
        Key(
            "policy", "`modern`, `intermediate`", .none("Gatehouse's own choice"),
            """
            Versions, suites and groups as Mozilla publishes them (Server Side TLS 6.0): `modern` is TLS 1.3 alone. The keys \
            that follow are stronger.
            """),
        Key("min_version", "`1.2`, `1.3`", .value("\"1.2\""), "The oldest TLS accepted.", also: ["min_tls_version"]),
        Key("max_version", "`1.2`, `1.3`", .value("\"1.3\""), "The newest TLS spoken.", also: ["max_tls_version"]),
        Key(
            "suites", "list of names", .none("ECDHE with AES-GCM or ChaCha20"),
            "Cipher suites of all versions by OpenSSL's names, the preferred one first."),
        Key(
            "groups", "list of names", .none("`X25519MLKEM768` where OpenSSL has it, `X25519`, `P-256`, `P-384`"),
            """
            Groups for the key exchange. TLS 1.2 takes the first that the client has; TLS 1.3 one that the client brings a key \
            of, and does as TLS 1.2 where there is none.
            """),
        Key(
            "strict_sni", "boolean", .value("false"),
            """
            Refuse clients that ask for no name (SNI), or for one that no site of the port has, instead of showing them the \
            default site's certificate. All sites of a port say the same.
            """),
    ]

    static let staplingKeys = [
        Key(
            "ocsp_stapling", "boolean", .none("only certificates that demand it (RFC 7633)"),
            """
            Whether the certificates are shown with an answer of their OCSP responder, fetched in the background and kept in \
            `server.state_dir`: [TLS](tls.md).
            """),
        Key(
            "ocsp_responder", "URL", .none("the one that the certificate names"),
            "Whom to ask, for certificates that name nobody."),
    ]

    static let clientAuthenticationKeys = [
        Key(
            "client_auth", "`none`, `optional`, `require`", .value("\"none\""),
            "Whether clients show a certificate. One that is shown must be right, also if it is optional: [TLS](tls.md)."),
        Key(
            "client_ca_file", "file", .none("required with `client_auth`"),
            "Authorities that clients' certificates may lead to, PEM."),
        Key(
            "client_crl_file", "file", .none("no revocation"),
            "Revocation lists, PEM: one of every authority in a client's chain, or nobody is let in."),
        Key(
            "client_verify_depth", "0 to 16", .value("3"),
            "How many certificates may stand between a client's and an authority of `client_ca_file`."),
        Key(
            "client_cert_headers", "boolean", .value("false"),
            "Whether upstreams get the certificate in `Client-Cert` and `Client-Cert-Chain` (RFC 9440)."),
    ]

    static let certificatesSection = Section(
        "sites[].ssl.certificates", isArray: true,
        """
        Further certificates of the site, each with another kind of key than the others (ECDSA, RSA, Ed25519): clients get the \
        one that they can verify.
        """,
        [
            Key("cert_file", "file", .required, "As that of the site.", also: ["cert_path"]),
            Key("key_file", "file", .none("PKCS#12 has it"), "Its key.", also: ["key_path"]),
            Key("key_passphrase_file", "file", .none("the key has none"), "As that of the site."),
        ])

    static let routeClientAuthenticationKey = Key(
        "client_auth", "`require`", .none("as the site's"),
        "Only clients with a verified certificate may come; others get 403. The site's `client_auth` must ask for one.")
}
