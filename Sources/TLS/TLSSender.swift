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
    ///   - descriptor: of a connected socket that does not block; it stays the caller's.
    ///   - serverName: the name or address that the certificate must have.
    ///   - caFile: PEM file of the authorities to trust; nil: the system's.
    ///   - timeout: that the whole handshake may take.
    package init(_ descriptor: Int32, serverName: String, caFile: String?, timeout: Duration) throws(TLSError) {
        let made = try SendingConnection(descriptor, caFile: caFile)
        try made.performHandshake(with: serverName, within: timeout)
        connection = Mutex(made)
    }

    /// Sends all of it.
    /// - Parameter timeout: for all of it, over a socket that does not block; nil: it blocks, and the receiver is waited for as
    ///   long as it takes nothing.
    package func send(_ bytes: [UInt8], within timeout: Duration? = nil) throws(TLSError) {
        try connection.withLock { connection throws(TLSError) in
            guard let result = connection?.send(bytes, within: timeout) else { throw TLSError.system(EPIPE) }
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
    private let descriptor: Int32

    init(_ descriptor: Int32, caFile: String?) throws(TLSError) {
        ERR_clear_error()
        if let caFile { try RegularFile.check([(caFile, .authorities)]) }
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSError(.configuration(nil), TLSError.takeReason())
        }
        _ = unsafe gh_set_min_version(context, TLS1_2_VERSION)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let caFile {
            guard unsafe NamedAuthorities.use(caFile, in: context) != nil else {
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
        self.descriptor = descriptor
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe SSL_CTX_free(context)
    }

    func performHandshake(with serverName: String, within timeout: Duration) throws(TLSError) {
        unsafe SSL_set_fd(ssl, descriptor)
        // Also of what follows: a log's receiver has nothing to say, and a collector's answer is short.
        unsafe gh_limit_flight(ssl)
        if let address = unsafe a2i_IPADDRESS(serverName) {
            unsafe ASN1_OCTET_STRING_free(address)
            _ = unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), serverName)
        } else {
            unsafe SSL_set_hostflags(ssl, CertificateChain.nameRules)
            _ = unsafe SSL_set1_host(ssl, serverName)
            _ = unsafe gh_set_server_name(ssl, serverName)
        }
        let (result, code) = complete(by: ContinuousClock.now + timeout) { unsafe SSL_connect(ssl) }
        guard result == 1 else {
            let error = Self.error(code, of: unsafe SSL_get_verify_result(ssl))
            shutDown()
            throw error
        }
    }

    private func complete(by deadline: ContinuousClock.Instant, _ step: () -> Int32) -> (result: Int32, code: Int32) {
        ThreadWait.complete(over: descriptor, by: deadline, step) { unsafe SSL_get_error(ssl, $0) }
    }

    private static func error(_ code: Int32, of verdict: Int) -> TLSError {
        if verdict != Int(X509_V_OK) {
            ERR_clear_error()
            return unsafe TLSError(.verification, String(cString: X509_verify_cert_error_string(verdict)))
        }
        if ERR_peek_error() != 0 { return TLSError(.handshake, TLSError.takeReason()) }
        if code == ETIMEDOUT { return TLSError(.handshake, "no answer in time") }
        return code == 0 ? TLSError(.handshake, "the receiver closed the connection") : TLSError.system(code)
    }

    func send(_ bytes: [UInt8], within timeout: Duration?) -> Result<Void, TLSError> {
        guard !bytes.isEmpty else { return .success(()) }
        let (result, code) = write(bytes, within: timeout)
        guard result == 1 else {
            if ERR_peek_error() != 0 { return .failure(TLSError(.truncated, TLSError.takeReason())) }
            return .failure(TLSError.system(code == 0 ? EPIPE : code))
        }
        return .success(())
    }

    /// Without SSL_MODE_ENABLE_PARTIAL_WRITE all is written, or nothing can be any more. The bytes are where they were when it is
    /// called again (SSL_write(3)).
    private func write(_ bytes: [UInt8], within timeout: Duration?) -> (result: Int32, code: Int32) {
        var count = 0
        if let timeout {
            return complete(by: ContinuousClock.now + timeout) { unsafe SSL_write_ex(ssl, bytes, bytes.count, &count) }
        }
        ERR_clear_error()
        errno = 0
        let result = unsafe SSL_write_ex(ssl, bytes, bytes.count, &count)
        return (result, errno)
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
