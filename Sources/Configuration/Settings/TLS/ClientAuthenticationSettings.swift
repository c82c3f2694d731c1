/// What `[sites.ssl]` says of clients' certificates.
package struct ClientAuthenticationSettings: Sendable, Equatable {
    /// The raw value is the file's spelling.
    package enum Mode: String, Sendable, CaseIterable {
        /// None is asked for.
        case none
        /// Clients may come without one; one that is shown must be right.
        case optional
        case require
    }

    package var mode = Mode.none
    /// PEM of the authorities that it may lead to. Empty only without any mode.
    package var caFile = ""
    /// PEM of their revocation lists; nil: nothing is asked about revocation.
    package var crlFile: String?
    /// How many certificates may stand between a client's and an authority of ``caFile``.
    package var depth = 3
    /// Do upstreams get it in `Client-Cert` and `Client-Cert-Chain` (RFC 9440)?
    package var sendsHeaders = false

    package init() {}
}

extension ClientAuthenticationSettings {
    /// Reads its keys of `[sites.ssl]`.
    init(reading table: TableReader) {
        table.read("client_auth", into: &mode)
        if let file = table.string(["client_ca_file"], allowEmpty: false) { caFile = file.value }
        table.read("client_crl_file", into: &crlFile)
        table.read("client_verify_depth", into: &depth, in: 0...16)
        table.read("client_cert_headers", into: &sendsHeaders)
        guard mode == .none else {
            if !table.has("client_ca_file") {
                table.missing("client_ca_file", hint: "the PEM file of the authorities that clients' certificates may lead to")
            }
            return
        }
        let isWritten = [
            ("client_ca_file", !caFile.isEmpty), ("client_crl_file", crlFile != nil),
            ("client_verify_depth", depth != ClientAuthenticationSettings().depth), ("client_cert_headers", sendsHeaders),
        ]
        for (key, _) in isWritten.filter(\.1) {
            table.error(
                at: key, "does nothing without client_auth",
                hint: "write client_auth = \"require\", or \"optional\" if clients may come without a certificate")
        }
    }
}

extension Route {
    /// `client_auth` of a route: whether only clients with a verified certificate may come.
    mutating func readClientAuthentication(_ table: TableReader) {
        guard let text = table.string(["client_auth"]) else { return }
        guard text.value == ClientAuthenticationSettings.Mode.require.rawValue else {
            return table.reading.error(
                text, "of a route it can only be \"require\"",
                hint: "whether clients are asked at all is said by client_auth in [sites.ssl]; take it out here")
        }
        requiresClientCertificate = true
    }
}
