import COpenSSL
import Glibc
import Synchronization

/// A TLS client for a thread that may wait: it sends, and may read what is answered once all is sent. What serves uses
/// ``TLSSession``.
package final class TLSSender: Sendable {
    /// Nil once it is closed. One thread uses it, and takes the lock for nothing; but nothing else would keep another one out.
    private let connection: Mutex<SendingConnection?>

    /// Shakes hands.
    /// - Parameters:
    ///   - descriptor: of a connected socket that blocks; it stays the caller's. SO_RCVTIMEO and SO_SNDTIMEO bound the handshake.
    ///   - serverName: the name or address that the certificate must have.
    ///   - caFile: PEM file of the authorities to trust; nil: the system's.
    package init(_ descriptor: Int32, serverName: String, caFile: String?) throws(TLSError) {
        let made = try SendingConnection(caFile: caFile)
        try made.performHandshake(over: descriptor, with: serverName)
        connection = Mutex(made)
    }

    /// Sends all of it; waits as long as the receiver takes nothing.
    package func send(_ bytes: [UInt8]) throws(TLSError) {
        try connection.withLock { connection throws(TLSError) in
            guard let result = connection?.send(bytes) else { throw TLSError.system(EPIPE) }
            try result.get()
        }
    }

    /// Reads what is there next. Whatever ends it is an end: the receiver's answer is not what anything depends on.
    /// - Returns: 0 at the end; nil if nothing is there yet, of a socket that does not block.
    package func receive(into room: inout [UInt8]) -> Int? {
        let count = connection.withLock { $0?.receive(into: &room) ?? 0 }
        return count < 0 ? nil : count
    }

    /// Sends a close_notify and does not wait for the receiver's. Nothing is sent or read afterwards.
    package func close() {
        connection.withLock { connection in
            connection?.shutDown()
            connection = nil
        }
    }
}

/// What a ``TLSSender`` has of OpenSSL.
/// `@safe`: both pointers are made in `init`, freed in `deinit`, and never leave; it cannot be copied, and has one owner.
@safe private struct SendingConnection: ~Copyable {
    private let context: OpaquePointer
    private let ssl: OpaquePointer

    init(caFile: String?) throws(TLSError) {
        ERR_clear_error()
        if let caFile { try RegularFile.check([(caFile, .authorities)]) }
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        _ = unsafe gh_set_min_version(context, TLS1_2_VERSION)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let caFile {
            guard unsafe NamedAuthorities.use(caFile, in: context) else {
                unsafe SSL_CTX_free(context)
                throw TLSError(.configuration(.authorities), "cannot read the CA file \(caFile): \(TLSError.takeFileReason())")
            }
        } else {
            _ = unsafe SSL_CTX_set_default_verify_paths(context)
        }
        guard let ssl = unsafe SSL_new(context) else {
            unsafe SSL_CTX_free(context)
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        unsafe self.context = context
        unsafe self.ssl = ssl
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe SSL_CTX_free(context)
    }

    func performHandshake(over descriptor: Int32, with serverName: String) throws(TLSError) {
        unsafe SSL_set_fd(ssl, descriptor)
        if let address = unsafe a2i_IPADDRESS(serverName) {
            unsafe ASN1_OCTET_STRING_free(address)
            _ = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName)
        } else {
            unsafe SSL_set_hostflags(ssl, CertificateChain.nameRules)
            _ = unsafe SSL_set1_host(ssl, serverName)
            _ = unsafe gh_set_server_name(ssl, serverName)
        }
        errno = 0
        guard unsafe SSL_connect(ssl) == 1 else {
            let error = Self.error(errno, of: unsafe SSL_get_verify_result(ssl))
            shutDown()
            throw error
        }
    }

    private static func error(_ code: Int32, of verdict: Int) -> TLSError {
        if verdict != Int(X509_V_OK) {
            ERR_clear_error()
            return unsafe TLSError(.verification, String(cString: X509_verify_cert_error_string(verdict)))
        }
        if ERR_peek_error() != 0 { return TLSError(.handshake, TLSError.takeReason()) }
        if code == EAGAIN { return TLSError(.handshake, "no answer in time") }
        return code == 0 ? TLSError(.handshake, "the receiver closed the connection") : TLSError.system(code)
    }

    func send(_ bytes: [UInt8]) -> Result<Void, TLSError> {
        ERR_clear_error()
        errno = 0
        var count = 0
        // Without SSL_MODE_ENABLE_PARTIAL_WRITE all is written, or nothing can be any more (SSL_write(3)).
        guard bytes.isEmpty || (unsafe SSL_write_ex(ssl, bytes, bytes.count, &count)) == 1 else {
            let code = errno
            if ERR_peek_error() != 0 { return .failure(TLSError(.truncated, TLSError.takeReason())) }
            return .failure(TLSError.system(code == 0 ? EPIPE : code))
        }
        return .success(())
    }

    /// - Returns: 0 at the end; below that nothing is there yet.
    func receive(into room: inout [UInt8]) -> Int {
        ERR_clear_error()
        var count = 0
        // At most as much is written as there is room for.
        let result = unsafe SSL_read_ex(ssl, &room, room.count, &count)
        if result == 1 { return count }
        let isBlocked = unsafe SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ
        ERR_clear_error()
        return isBlocked ? -1 : 0
    }

    func shutDown() {
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }
}
