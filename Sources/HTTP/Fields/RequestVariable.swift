/// What a text of the configuration may name of a request, in braces: `{client_ip}`. The list is closed: another name is an error
/// when the configuration is read. docs/headers.md says what each stands for.
package enum RequestVariable: String, CaseIterable, Sendable {
    case clientIP = "client_ip"
    case clientPort = "client_port"
    case scheme
    case host
    case port
    case method
    case path
    case query
    case uri
    case remainder
    case requestID = "request_id"
    case httpVersion = "http_version"
    case tlsVersion = "tls_version"
    case tlsCipher = "tls_cipher"
    case clientCertVerify = "client_cert_verify"
    case clientCertSubject = "client_cert_subject"
    case clientCertIssuer = "client_cert_issuer"
    case clientCertSerial = "client_cert_serial"
    case clientCertFingerprint = "client_cert_fingerprint"
    case clientCert = "client_cert"
    case clientCertChain = "client_cert_chain"
    case site

    /// What other programs call it.
    static let foreignNames: [String: RequestVariable] = [
        // nginx, ngx_http_core_module, "Embedded Variables", and its neighbours
        "remote_addr": .clientIP, "binary_remote_addr": .clientIP, "remote_port": .clientPort, "http_host": .host,
        "server_port": .port, "request_method": .method, "document_uri": .path, "args": .query, "query_string": .query,
        "request_uri": .uri, "server_protocol": .httpVersion, "ssl_protocol": .tlsVersion, "ssl_cipher": .tlsCipher,
        "server_name": .site, "uri": .path, "ssl_client_verify": .clientCertVerify, "ssl_client_s_dn": .clientCertSubject,
        "ssl_client_i_dn": .clientCertIssuer, "ssl_client_serial": .clientCertSerial,
        "ssl_client_fingerprint": .clientCertFingerprint, "ssl_client_cert": .clientCert,
        "ssl_client_escaped_cert": .clientCert,
        // Caddy, "Placeholders"
        "remote_host": .clientIP, "http.request.remote.host": .clientIP, "http.request.host": .host,
        "http.request.uri": .uri, "http.request.uri.path": .path, "http.request.uri.query": .query,
        "http.request.scheme": .scheme, "http.request.method": .method, "http.request.uuid": .requestID, "uuid": .requestID,
        "http.request.tls.client.subject": .clientCertSubject, "http.request.tls.client.issuer": .clientCertIssuer,
        "http.request.tls.client.serial": .clientCertSerial, "http.request.tls.client.fingerprint": .clientCertFingerprint,
        "hostport": .host, "http_proto": .httpVersion,
    ]
}

/// Who knows what a request's variables stand for.
package protocol RequestVariables {
    /// Appends the value; nothing where there is none.
    func append(_ variable: RequestVariable, to out: inout [UInt8])
    /// Appends what a group of the route's regular expression has taken, as a path writes it; nothing if it took nothing.
    /// - Parameter number: from 1.
    func appendCapture(_ number: Int, to out: inout [UInt8])
}
