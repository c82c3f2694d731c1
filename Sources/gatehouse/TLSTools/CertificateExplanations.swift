// Of certificates, of what is said over a connection, and of files.
extension TLSExplanation {
    // MARK: What the client says of the server's certificate

    static let certificates = [
        TLSExplanation(
            [
                "hostname mismatch", "verify error:num=62", "return code: 62", "no alternative certificate subject name",
                "err_cert_common_name_invalid", "ssl_error_bad_cert_domain", "does not match certificate's altnames",
                "no subject alternative dns name matching", "certificate is valid for", "does not match hostname",
                "does not match the expected", "err_tls_cert_altname_invalid", "no name matching ",
            ],
            "The certificate is not for the name that was asked for.",
            "Which name came? Without -servername it is the default site's certificate. Else a certificate is needed that has "
                + "the name in its subjectAltName: in full, or below an asterisk that has two labels behind it. "
                + "*.internal is good for no name."),
        TLSExplanation(
            [
                "ip address mismatch", "verify error:num=64", "return code: 64",
                "no subject alternative names matching ip address", "no subject alternative names present",
            ],
            "The certificate is not for the address that was asked for.",
            "Use the name; or get a certificate with the address in its subjectAltName (IP:192.0.2.1)."),
        TLSExplanation(
            [
                "certificate has expired", "verify error:num=10", "return code: 10", "err_cert_date_invalid",
                "sec_error_expired_certificate", "cert_has_expired",
            ], "The certificate's time is over.",
            "Renew it. If it was renewed: does the server use the new one? Is this machine's clock right?"),
        TLSExplanation(
            ["certificate is not yet valid", "verify error:num=9", "return code: 9 "], "The certificate's time has not begun.",
            "Is this machine's clock right? Else wait, or get another one."),
        TLSExplanation(
            [
                "self-signed certificate in certificate chain", "self signed certificate in certificate chain", "num=19",
                "return code: 19", "self_signed_cert_in_chain",
            ],
            "The chain is whole, but its root is none that this client trusts.",
            "A CA of your own: -CAfile ca.crt, and give it to the clients. "
                + "With a public CA: is the client's list of authorities old?"
        ),
        TLSExplanation(
            [
                "self-signed certificate", "self signed certificate", "verify error:num=18", "return code: 18",
                "depth_zero_self_signed_cert", "mozilla_pkix_error_self_signed_cert",
            ],
            "The certificate has signed itself: nobody vouches for it.",
            "For a test: -CAfile with that very certificate. Else get one of an authority (auto_cert)."),
        TLSExplanation(
            [
                "unable to get local issuer certificate", "unable to verify the first certificate", "num=20", "num=21",
                "return code: 20", "return code: 21", "err_cert_authority_invalid", "sec_error_unknown_issuer",
                "pkix path building failed", "certificate signed by unknown authority", "certificate issuer is unknown",
                "have a known issuer", "unable_to_verify_leaf_signature", "unable_to_get_issuer_cert_locally", "unknownissuer",
                "sec_e_untrusted_root", "cert_trust_is_untrusted_root",
            ],
            "The issuer of the certificate is unknown: an intermediate is missing in what the server sends, or the client does "
                + "not know the root.",
            "-showcerts shows what is sent. Append the intermediates to cert_file, each behind the one that it has signed; with "
                + "a CA of your own: -CAfile ca.crt"),
        TLSExplanation(
            ["certificate revoked", "num=23", "return code: 23"], "The certificate has been revoked by its authority.",
            "Get a new one."),
        TLSExplanation(
            ["unsuitable certificate purpose", "unsupported certificate purpose", "num=26", "return code: 26"],
            "The certificate is not for this use: a client's shown by a server, or the other way round.",
            "extendedKeyUsage must have serverAuth for servers, clientAuth for clients: openssl x509 -in FILE -noout -purpose"),
        TLSExplanation(
            ["invalid ca certificate", "num=79", "return code: 79"],
            "A certificate of the chain has issued another one, and is not an authority's.",
            "An authority's has basicConstraints CA:TRUE, and keyCertSign in its keyUsage: make it anew, and what it issued."),
        TLSExplanation(
            ["key too small", "num=66", "return code: 66", "md too weak", "num=68", "return code: 68", "too weak"],
            "The certificate's key is too short, or it is signed with SHA-1 or MD5.",
            "Make a new key (P-256, or RSA of 2048 bits) and get a new certificate."),
        TLSExplanation(
            ["unable to get certificate crl", "num=3", "return code: 3 "],
            "Revocation was to be checked, and there is no list (CRL).",
            "Give it with -CRL FILE, or leave -crl_check out."),
        TLSExplanation(
            ["certificate verify failed", "ssl certificate problem"], "The certificate was not believed.",
            "gatehouse tls probe HOST says why."),
    ]

    // MARK: What is said over the connection

    static let conversations = [
        TLSExplanation(
            ["no renegotiation", "alert number 100"], "s_client's R asked for a renegotiation, which is refused.",
            "Nothing: TLS 1.3 has none, and Gatehouse does none with TLS 1.2. K changes the keys of TLS 1.3."),
        TLSExplanation(
            ["bare_lf"], "Lines ended with LF alone, and HTTP's end with CRLF.",
            "Start s_client with -crlf. With -quiet or -ign_eof its commands (Q, R, K) are data: leave these options out."),
        TLSExplanation(
            ["408 request timeout", "head_timeout"], "The request did not come to its end in time.",
            "End it with an empty line, and type faster, or send it from a file: s_client … -quiet <FILE"),
        TLSExplanation(
            ["421 misdirected request", "misdirected"], "SNI named one site, and the request's Host another one.",
            "Let -servername and Host be the same."),
        TLSExplanation(
            ["bad record mac", "decryption failed", "alert number 20"],
            "What came could not be decrypted: something changed it on its way, or one of the two is broken.",
            "Try without what stands in between (a proxy, a scanner of viruses)."),
        TLSExplanation(
            [
                "unexpected eof", "without close_notify", "ssl_read: unexpected", "remote host terminated the handshake",
                "client network socket disconnected before secure tls connection",
            ],
            "The other side closed the connection without saying so (close_notify).",
            "During the handshake: it refuses this client, see its log. Afterwards: what came may be cut short."),
        TLSExplanation(
            ["alert internal error", "alert number 80"], "The other side has a fault of its own, such as no certificate at all.",
            "Look at its log."),
        TLSExplanation(
            [
                "alert decode error", "alert number 50", "alert illegal parameter", "alert number 47", "alert unexpected message",
                "alert number 10",
            ],
            "The other side could make nothing of a message of the handshake.",
            "Something in between changes it, or one of the two is broken: try another client."),
        TLSExplanation(
            ["read 0 bytes and written", "no peer certificate available", "closed the connection without a word"],
            "The server closed the connection before it answered the hello.",
            "It may want the PROXY protocol here (proxy_protocol), refuse this address, or not know the name: see its log."),
    ]

    // MARK: Files

    static let files = [
        TLSExplanation(
            ["key values mismatch", "does not belong to the certificate"], "The key is of another certificate.",
            "gatehouse tls cert CERT KEY says which key belongs to which certificate."),
        TLSExplanation(
            ["bad decrypt", "bad password read", "problems getting password", "maybe wrong password", "it is encrypted"],
            "The key has a passphrase, or it was the wrong one.", "openssl pkey -in FILE -out FILE.plain takes it off."),
        TLSExplanation(
            [
                "no start line", "expecting: trusted certificate", "could not read certificate", "could not find certificate",
                "it holds no pem block",
            ],
            "The file holds no PEM of that kind.",
            "openssl x509 -inform der -in FILE reads DER; openssl pkcs12 -in FILE reads PKCS#12."),
        TLSExplanation(
            [
                "calling fopen(", "calling stat(", "could not open file or uri", "error setting certificate file",
                "could not load pem client certificate", "unable to set private key file",
            ],
            "A file that the client was given cannot be read, or is not what it is given for.",
            "Look at its name and its rights; gatehouse tls cert CERT KEY says what is in it."),
    ]
}
