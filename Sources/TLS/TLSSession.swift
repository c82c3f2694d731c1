import COpenSSL

/// One TLS connection over a non-blocking socket. It reads and writes the descriptor itself, but never waits and never closes it.
///
/// OpenSSL's error queue is per thread: each operation clears it, acts and reads the outcome in one synchronous function.
@safe package final class TLSSession {
    /// What an operation came to.
    package enum Progress: Equatable {
        /// Bytes moved; for a handshake or shutdown, done.
        case moved(Int)
        case wantsRead
        case wantsWrite
        /// The peer's close_notify is in: an orderly end.
        case end
    }

    /// Both live exactly as long as this object: made in `init`, freed in `deinit`, lent to nobody.
    private let ssl: OpaquePointer
    private let wire: UnsafeMutablePointer<gh_wire>
    /// Keeps alive what the SSL_CTX's callback points to.
    private let names: TLSServerNames?
    private let client: TLSClientContext?

    /// The server's side of a connection that `descriptor` has accepted.
    package convenience init(accepting descriptor: Int32, names: TLSServerNames) throws(TLSError) {
        try unsafe self.init(context: names.fallback.context, descriptor: descriptor, names: names, client: nil)
        unsafe SSL_set_accept_state(ssl)
    }

    /// The client's side of a connection to an upstream.
    package convenience init(connecting descriptor: Int32, context: TLSClientContext) throws(TLSError) {
        try unsafe self.init(context: context.context, descriptor: descriptor, names: nil, client: context)
        unsafe context.prepare(ssl)
        unsafe SSL_set_connect_state(ssl)
    }

    private init(
        context: OpaquePointer, descriptor: Int32, names: TLSServerNames?, client: TLSClientContext?
    ) throws(TLSError) {
        ERR_clear_error()
        unsafe wire = .allocate(capacity: 1)
        unsafe wire.initialize(to: gh_wire())
        unsafe wire.pointee.descriptor = descriptor
        self.names = names
        self.client = client
        guard let ssl = unsafe SSL_new(context), let bio = unsafe gh_wire_bio(wire) else {
            unsafe wire.deallocate()
            throw TLSError(.system, TLSError.takeReason())
        }
        unsafe SSL_set_bio(ssl, bio, bio)
        unsafe self.ssl = ssl
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe gh_wire_release(wire)
        unsafe wire.deallocate()
    }

    // MARK: Readiness, copied in before an operation and out after it

    /// What the socket is known to allow: the operation then makes no system call that is known to fail.
    /// - Parameter hungUp: the peer's FIN is in, so a short read does not mean that nothing follows.
    package func setReadiness(readable: Bool, writable: Bool, hungUp: Bool) {
        unsafe wire.pointee.readable = readable ? 1 : 0
        unsafe wire.pointee.writable = writable ? 1 : 0
        unsafe wire.pointee.hung_up = hungUp ? 1 : 0
    }

    package var isReadable: Bool { unsafe wire.pointee.readable != 0 }
    package var isWritable: Bool { unsafe wire.pointee.writable != 0 }

    // MARK: Operations

    /// One step of the handshake.
    package func handshake() throws(TLSError) -> Progress {
        Self.clearErrors()
        let result = unsafe SSL_do_handshake(ssl)
        if result == 1 { return .moved(0) }
        return try outcome(of: result, during: .handshake)
    }

    /// Decrypts into `buffer`.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> Progress {
        Self.clearErrors()
        var count = 0
        let result = unsafe SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if result == 1 { return .moved(count) }
        return try outcome(of: result, during: .protocolViolation)
    }

    /// Encrypts and sends a prefix of `bytes`; several records leave in one system call. After `.wantsWrite` the next call must
    /// begin with the same bytes. Ciphertext that the socket did not take is kept: see `flush()`.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Progress {
        guard bytes.count > Self.recordSize else { return try unsafe writeRecord(bytes) }
        unsafe gh_wire_gather(wire)
        var written = 0
        do throws(TLSError) {
            while written < min(bytes.count, Self.recordSize * 4) {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
                guard case .moved(let count) = try unsafe writeRecord(rest) else { break }
                written += count
            }
        } catch {
            _ = unsafe gh_wire_flush(wire)
            throw error
        }
        if unsafe gh_wire_flush(wire) < 0 { throw TLSError.system(unsafe wire.pointee.error) }
        return written > 0 ? .moved(written) : .wantsWrite
    }

    /// Sends ciphertext left over from `write`. `.moved` when none is left.
    package func flush() throws(TLSError) -> Progress {
        switch unsafe gh_wire_flush(wire) {
        case 1: return .moved(0)
        case 0: return .wantsWrite
        default: throw TLSError.system(unsafe wire.pointee.error)
        }
    }

    /// Has OpenSSL read something that nobody has asked for yet?
    package var hasBufferedInput: Bool { unsafe SSL_has_pending(ssl) == 1 }

    package var hasPendingCiphertext: Bool { unsafe wire.pointee.pending != nil }

    /// Sends close_notify, once, without waiting for the peer's.
    package func sendCloseNotify() {
        ERR_clear_error()
        // During a handshake OpenSSL refuses; there is nothing to close politely then.
        guard unsafe SSL_is_init_finished(ssl) == 1 else { return }
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    /// Keeps the upstream's ticket for resumption. For client sessions.
    package func keepTicket() {
        unsafe client?.keepSession(of: ssl)
    }

    // MARK: Facts for the log

    /// "TLSv1.3", after the handshake.
    package var version: String { unsafe String(cString: SSL_get_version(ssl)) }
    /// "TLS_AES_256_GCM_SHA384", after the handshake.
    package var cipher: String {
        unsafe SSL_get_current_cipher(ssl).map { unsafe String(cString: SSL_CIPHER_get_name($0)) } ?? "-"
    }
    package var isResumed: Bool { unsafe SSL_session_reused(ssl) == 1 }
    /// The name that the client asked for, lower case; nil without SNI.
    package var serverName: String? { unsafe gh_server_name(ssl).map { unsafe String(cString: $0).lowercased() } }

    // MARK: -

    private static let recordSize = 16_384

    /// What `SSL_get_error` looks at must be of the operation alone. Clearing goes through the whole queue, looking does not.
    private static func clearErrors() {
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    private func writeRecord(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Progress {
        Self.clearErrors()
        var count = 0
        let result = unsafe SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        if result == 1 { return .moved(count) }
        return try outcome(of: result, during: .protocolViolation)
    }

    /// Must follow the operation with no other OpenSSL call in between (SSL_get_error(3)).
    private func outcome(of result: Int32, during stage: TLSError.Kind) throws(TLSError) -> Progress {
        switch unsafe SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .end
        default: throw failure(during: stage)
        }
    }

    private func failure(during stage: TLSError.Kind) -> TLSError {
        let verification = unsafe SSL_get_verify_result(ssl)
        if stage == .handshake, unsafe (0x41...0x5A).contains(wire.pointee.first_byte) {
            ERR_clear_error()
            return TLSError(.plainHTTP, "the client speaks plain HTTP to a TLS port")
        }
        if stage == .handshake, let client, client.settings.verifies, verification != Int(X509_V_OK) {
            ERR_clear_error()
            let words = unsafe String(cString: X509_verify_cert_error_string(verification))
            return TLSError(.verification, "\(words) (checked for \(client.settings.serverName))")
        }
        if unsafe wire.pointee.error != 0 {
            ERR_clear_error()
            return TLSError.system(unsafe wire.pointee.error)
        }
        if unsafe wire.pointee.at_end != 0 {
            ERR_clear_error()
            return stage == .handshake
                ? TLSError(.handshake, "the peer closed the connection during the handshake")
                : TLSError(.truncated, "the peer closed the connection without close_notify")
        }
        return TLSError(stage, TLSError.takeReason())
    }
}
