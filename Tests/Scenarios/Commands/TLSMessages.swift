import Testing

/// What OpenSSL 3.0, curl, the gateway's log and others print, and what it comes from.
enum TLSMessages {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        /// A part of the explanation.
        let cause: String

        init(_ text: String, _ cause: String) { (self.text, self.cause) = (text, cause) }

        var testDescription: String { text }
    }

    private static func alert(_ words: String, _ number: Int, _ cause: String) -> Row {
        Row(
            "4067:error:0A000410:SSL routines:ssl3_read_bytes:\(words):../ssl/record/rec_layer_s3.c:1601:"
                + "SSL alert number \(number)", cause)
    }

    static let all: [Row] = ofOpenSSL + ofOthers

    /// Chromium, Firefox, Go, Java 17, Node.js, Python, GnuTLS 3.7 and wget with it, rustls, and curl with Windows' Schannel.
    private static let ofOthers: [Row] = [
        Row("NET::ERR_CERT_COMMON_NAME_INVALID", "not for the name"), Row("SSL_ERROR_BAD_CERT_DOMAIN", "not for the name"),
        Row("Error: Hostname/IP does not match certificate's altnames: Host: localhost.", "not for the name"),
        Row("tls: failed to verify certificate: x509: certificate is valid for a.test, not b.test", "not for the name"),
        Row("java.security.cert.CertificateException: No subject alternative DNS name matching b found.", "not for the name"),
        Row("javax.net.ssl.SSLHandshakeException: No name matching localhost found", "not for the name"),
        Row("code: 'ERR_TLS_CERT_ALTNAME_INVALID',", "not for the name"),
        Row(
            "java.security.cert.CertificateException: No subject alternative names matching IP address 192.0.2.1 found",
            "not for the address"),
        Row(
            "- Status: The certificate is NOT trusted. The name in the certificate does not match the expected.",
            "not for the name"),
        Row("The certificate's owner does not match hostname ‘localhost’", "not for the name"),
        Row("NET::ERR_CERT_DATE_INVALID", "time is over"), Row("SEC_ERROR_EXPIRED_CERTIFICATE", "time is over"),
        Row("x509: certificate has expired or is not yet valid: current time is after 2026-01-01T00:00:00Z", "time is over"),
        Row("NET::ERR_CERT_AUTHORITY_INVALID", "The issuer of the certificate is unknown"),
        Row("SEC_ERROR_UNKNOWN_ISSUER", "The issuer of the certificate is unknown"),
        Row("x509: certificate signed by unknown authority", "The issuer of the certificate is unknown"),
        Row("javax.net.ssl.SSLHandshakeException: PKIX path building failed: sun.security.provider", "The issuer of the"),
        Row("- Status: The certificate is NOT trusted. The certificate issuer is unknown.", "The issuer of the certificate"),
        Row("ERROR: The certificate of ‘localhost’ doesn't have a known issuer.", "The issuer of the certificate is unknown"),
        Row("  code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'", "The issuer of the certificate is unknown"),
        Row("error trying to connect: invalid peer certificate: UnknownIssuer", "The issuer of the certificate is unknown"),
        Row(
            "curl: (77) schannel: next InitializeSecurityContext failed: SEC_E_UNTRUSTED_ROOT (0x80090325)",
            "The issuer of the certificate is unknown"),
        Row("Error: self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)", "has signed itself"),
        Row("ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "nothing in common"), Row("SSL_ERROR_NO_CYPHER_OVERLAP", "nothing in common"),
        Row("remote error: tls: handshake failure", "nothing in common"),
        Row("javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure", "nothing in common"),
        Row("*** Received alert [40]: Handshake failed", "nothing in common"),
        Row("remote error: tls: protocol version not supported", "no version of TLS"),
        Row("javax.net.ssl.SSLHandshakeException: Received fatal alert: protocol_version", "no version of TLS"),
        Row("javax.net.ssl.SSLHandshakeException: Received fatal alert: unrecognized_name", "no site of the name"),
        Row("*** Received alert [112]: The server name sent was not recognized", "no site of the name"),
        Row("ssl.SSLError: [SSL: TLSV1_UNRECOGNIZED_NAME] tlsv1 unrecognized name (_ssl.c:1006)", "no site of the name"),
        Row("remote error: tls: certificate required", "wants a certificate of the client"),
        Row("*** Received alert [116]: Certificate is required", "wants a certificate of the client"),
        Row("http: TLS handshake error from 192.0.2.1:54: remote error: tls: unknown certificate authority", "does not know"),
        Row("remote error: tls: bad certificate", "refused the certificate"),
        Row("remote error: tls: unknown certificate", "refused the certificate"),
        Row("javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_unknown", "refused the certificate"),
        Row("javax.net.ssl.SSLException: Unsupported or unrecognized SSL message", "no TLS"),
        Row("tls: first record does not look like a TLS handshake", "no TLS"),
        Row("http: server gave HTTP response to HTTPS client", "no TLS"),
        Row("*** Fatal error: An unexpected TLS packet was received.", "no TLS"),
        Row("SSL_ERROR_RX_RECORD_TOO_LONG", "no TLS"), Row("ERR_SSL_PROTOCOL_ERROR", "no TLS"),
        Row("javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake", "without saying so"),
    ]

    private static let ofOpenSSL: [Row] = [
        Row("connect:errno=111", "Nobody listens"), Row("curl: (7) Failed to connect: Connection refused", "Nobody listens"),
        Row("curl: (7) Failed to connect to localhost port 1 after 0 ms: Couldn't connect to server", "as a rule nobody listens"),
        Row("connect:errno=110", "No answer came"), Row("connect:errno=113", "no way to that address"),
        Row("BIO_lookup_ex:system lib:../crypto/bio/bio_addr.c:738:Name or service not known", "The name has no address"),
        Row("write:errno=104", "broke the connection off"), Row("write:errno=32", "broke the connection off"),
        Row("Can't use SSL_get_servername", "asked for no name (SNI)"),
        Row("40377B:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:350:", "no TLS"),
        Row("40E70E:error:0A00010A:SSL routines:can_renegotiate:wrong ssl version:../ssl/ssl_lib.c:2287:", "TLS 1.3 has none"),
        Row("40D753:error:0A000153:SSL routines:ssl3_read_bytes:no renegotiation:../ssl/record/rec_layer_s3.c:1617:", "R asked"),
        Row("gatehouse: info: TLS handshake failed client=127.0.0.1 port=443 reason=\"http request\"", "spoke plain HTTP"),
        Row("TLS handshake failed client=127.0.0.1 reason=\"no shared cipher\" server_name=localhost", "no cipher suite"),
        Row("TLS handshake failed client=127.0.0.1 reason=\"no suitable key share\" server_name=-", "group"),
        Row("TLS handshake failed client=127.0.0.1 reason=\"no suitable signature algorithm\" server_name=-", "signs in no way"),
        Row("TLS handshake failed client=127.0.0.1 reason=\"unsupported protocol\" server_name=-", "no version of TLS"),
        Row(
            "TLS handshake failed client=127.0.0.1 reason=\"tlsv1 alert unknown ca\" server_name=-", "does not know the authority"
        ),
        Row(
            "400735:error:0A0000BF:SSL routines:tls_setup_handshake:no protocols available:../ssl/statem/statem_lib.c:104:",
            "own library"),
        alert("tlsv1 alert protocol version", 70, "no version of TLS"),
        alert("sslv3 alert handshake failure", 40, "nothing in common"),
        alert("tlsv1 unrecognized name", 112, "no site of the name"),
        alert("tlsv1 alert no application protocol", 120, "no protocol in common (ALPN)"),
        alert("tlsv1 alert inappropriate fallback", 86, "older version"),
        alert("tlsv1 alert insufficient security", 71, "too weak"),
        alert("tlsv13 alert certificate required", 116, "wants a certificate of the client"),
        alert("tlsv1 alert unknown ca", 48, "does not know the authority"),
        alert("sslv3 alert certificate expired", 45, "has expired"),
        alert("sslv3 alert certificate revoked", 44, "is revoked"),
        alert("sslv3 alert bad certificate", 42, "refused the certificate"),
        alert("sslv3 alert certificate unknown", 46, "refused the certificate"),
        alert("sslv3 alert unsupported certificate", 43, "of that kind"),
        alert("tlsv1 alert internal error", 80, "a fault of its own"),
        alert("tlsv1 alert decode error", 50, "could make nothing"),
        alert("sslv3 alert illegal parameter", 47, "could make nothing"),
        alert("sslv3 alert unexpected message", 10, "could make nothing"),
        alert("sslv3 alert bad record mac", 20, "could not be decrypted"),
        Row("verify error:num=62:hostname mismatch", "not for the name"),
        Row("curl: (60) SSL: no alternative certificate subject name matches target host name 'a.test'", "not for the name"),
        Row("verify error:num=64:IP address mismatch", "not for the address"),
        Row("verify error:num=10:certificate has expired", "time is over"),
        Row("verify error:num=9:certificate is not yet valid", "has not begun"),
        Row("verify error:num=18:self-signed certificate", "has signed itself"),
        Row("verify error:num=19:self-signed certificate in certificate chain", "its root is none"),
        Row("verify error:num=20:unable to get local issuer certificate", "The issuer of the certificate is unknown"),
        Row("verify error:num=21:unable to verify the first certificate", "The issuer of the certificate is unknown"),
        Row("curl: (60) SSL certificate problem: unable to get local issuer certificate", "The issuer"),
        Row("verify error:num=23:certificate revoked", "revoked by its authority"),
        Row("verify error:num=26:unsuitable certificate purpose", "not for this use"),
        Row("verify error:num=79:invalid CA certificate", "is not an authority's"),
        Row("verify error:num=66:EE certificate key too weak", "too short"),
        Row("verify error:num=68:CA signature digest algorithm too weak", "too short"),
        Row("verify error:num=3:unable to get certificate CRL", "no list (CRL)"),
        Row(
            "4037:error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:statem_clnt.c:1889:",
            "not believed"),
        Row("HTTP/1.1 421 Misdirected Request", "SNI named one site"),
        Row("HTTP/1.1 408 Request Timeout", "did not come to its end"),
        Row("gatehouse: bare_lf", "Lines ended with LF alone"),
        Row(
            "error:0A000126:SSL routines:ssl3_read_n:unexpected eof while reading:../ssl/record/rec_layer_s3.c:303:",
            "without saying so"),
        Row("no peer certificate available", "before it answered the hello"),
        Row("SSL handshake has read 0 bytes and written 297 bytes", "before it answered the hello"),
        Row(
            "error:05800074:x509 certificate routines:X509_check_private_key:key values mismatch:x509_cmp.c:408:",
            "of another certificate"),
        Row("error:1C800064:Provider routines:ossl_cipher_unpadblock:bad decrypt:ciphercommon_block.c:124:", "passphrase"),
        Row("Could not read certificate from a.der", "no PEM of that kind"),
        Row("Could not open file or uri for loading certificate from a.pem", "cannot be read"),
        Row("error:80000002:system library:BIO_new_file:No such file:bss_file.c:67:calling fopen(a.pem, r)", "cannot be read"),
        Row("curl: (77) error setting certificate file: a.pem", "cannot be read"),
        Row("curl: (58) unable to set private key file: 'a.key' type PEM", "cannot be read"),
        Row(
            "error:0480006C:PEM routines:get_name:no start line:../crypto/pem/pem_lib.c:763:Expecting: TRUSTED CERTIFICATE",
            "no PEM of that kind"),
    ]
}
