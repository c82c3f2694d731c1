import COpenSSL

/// The handshake, and what is known from then on.
extension TLSSession {
    /// One step of the handshake.
    package func handshake() throws(TLSError) -> Progress {
        Self.clearErrors()
        let result = unsafe gh_handshake(ssl)
        guard result == 1 else { return try outcome(of: result, during: .handshake) }
        unsafe wire.pointee.keeps_records = 1
        if let client, let ssl = unsafe ssl {
            guard unsafe client.hasPinnedKey(ssl) else { throw notPinned }
            speaksHTTP2 = agreedOn("h2")
            guard speaksHTTP2 || client.settings.protocols != ["h2"] else { throw notHTTP2 }
            return .moved(0)
        }
        serverName = unsafe gh_server_name(ssl).map { TLSServerNames.normal(unsafe String(cString: $0)) }
        speaksHTTP2 = agreedOn("h2")
        remembered.agreedMinorVersion = speaksHTTP2 ? nil : agreedOn("http/1.1") ? 1 : agreedOn("http/1.0") ? 0 : nil
        remembered.group = unsafe gh_negotiated_group(ssl)
        noteClient()
        unsafe gh_forget_hello(wire)
        takeOver()
        return .moved(0)
    }

    /// Keeps what the SSL object knows of the client's certificate.
    private func noteClient() {
        guard let ssl = unsafe ssl, let chosen = unsafe wire.pointee.chosen else { return }
        // The names, which this object holds, hold it.
        let policy = unsafe Unmanaged<TLSServerContext>.fromOpaque(chosen).takeUnretainedValue().policy
        guard let asked = policy.clientAuthentication else { return }
        clientAuthentication = asked
        clientCertificate = unsafe ClientCertificate(of: ssl)
    }

    /// Is this what ALPN chose?
    private func agreedOn(_ name: StaticString) -> Bool {
        var chosen: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &chosen, &count)
        return name.withUTF8Buffer { letters in
            unsafe UnsafeBufferPointer(start: chosen, count: Int(count)).elementsEqual(letters)
        }
    }

    // MARK: For the log of one that failed

    /// The name that the client asked for, as soon as its hello is read; for the log of a handshake that failed.
    package var askedName: String? { serverName ?? offer?.serverName }

    /// What the client offers, as soon as its hello is read and until the handshake is done; for the same log.
    package var offer: TLSOffer? {
        guard let hello = unsafe wire.pointee.hello else { return nil }
        // A copy: the hello goes with the wire.
        return unsafe TLSOffer(message: Array(UnsafeBufferPointer(start: hello, count: Int(wire.pointee.hello_length))))
    }

    /// The cipher suites of an offer, in words: see `TLSOffer.suites(name:)`.
    package func names(ofSuites offer: TLSOffer) -> [String] {
        offer.suites { number in
            guard let ssl = unsafe ssl else { return nil }
            return unsafe gh_offered_suite_name(ssl, number).map { unsafe String(cString: $0) }
        }
    }
}
