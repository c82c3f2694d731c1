import COpenSSL
import CRecords

/// One TLS connection over a non-blocking socket. It reads and writes the descriptor itself, but never waits and never closes it.
///
/// OpenSSL makes the handshake. After one of TLS 1.3 the session goes on without its SSL object, on a record layer of our own
/// (`CRecords`), which needs a fraction of the memory and of the work; a client's session does so once it has the server's
/// tickets (`takeOverRecords()`). TLS 1.2 stays with OpenSSL.
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

    /// All three are freed in `deinit` at the latest and lent to nobody; there is an SSL object or there are records.
    private(set) var ssl: OpaquePointer?
    private(set) var records: OpaquePointer?
    let wire: UnsafeMutablePointer<gh_wire>
    /// The name that the client asked for, lower case and without a dot at its end, once the handshake is done; nil without SNI.
    package internal(set) var serverName: String?
    /// Was HTTP/2 agreed on (`h2`, RFC 9113 §3.2)?
    package internal(set) var speaksHTTP2 = false
    /// See `facts`.
    var remembered = RememberedFacts()
    /// What the client was asked for of a certificate, once the handshake is done; nil if for none.
    package internal(set) var clientAuthentication: ClientAuthentication?
    /// The client's certificate, verified; nil if it has shown none.
    package internal(set) var clientCertificate: ClientCertificate?
    /// Why the file of the certificate for this handshake could not be used; nil if it could.
    var unreadable: String?
    /// Keeps alive what the SSL_CTX's callback points to.
    let names: TLSServerNames?
    let client: TLSClientContext?

    /// The server's side of a connection that `descriptor` has accepted.
    package convenience init(accepting descriptor: Int32, names: TLSServerNames) throws(TLSError) {
        try unsafe self.init(context: names.context, descriptor: descriptor, names: names, client: nil)
        unsafe SSL_set_accept_state(ssl)
        unsafe wire.pointee.is_server = 1
        // This object holds the names for as long as the wire lasts.
        unsafe wire.pointee.names = UnsafeRawPointer(Unmanaged.passUnretained(names).toOpaque())
        guard unsafe gh_set_tickets(ssl, names.tickets.keys) == 1 else { throw TLSError(.system, TLSError.takeReason()) }
        if names.records == .own { unsafe gh_begin_collecting(ssl, wire) }
    }

    /// The client's side of a connection to an upstream.
    package convenience init(connecting descriptor: Int32, context: TLSClientContext) throws(TLSError) {
        try unsafe self.init(context: context.context, descriptor: descriptor, names: nil, client: context)
        if let ssl = unsafe ssl { unsafe context.prepare(ssl) }
        unsafe SSL_set_connect_state(ssl)
        if context.settings.records == .own { unsafe gh_begin_collecting(ssl, wire) }
    }

    private init(
        context: OpaquePointer?, descriptor: Int32, names: TLSServerNames?, client: TLSClientContext?
    ) throws(TLSError) {
        ERR_clear_error()
        unsafe wire = .allocate(capacity: 1)
        unsafe wire.initialize(to: gh_wire())
        unsafe wire.pointee.descriptor = descriptor
        self.names = names
        self.client = client
        unsafe ssl = SSL_new(context)
        // Every property has a value by now: what is thrown from here on runs `deinit`, which frees what there is.
        guard let ssl = unsafe ssl, let bio = unsafe gh_wire_bio(wire) else {
            throw TLSError(.system, TLSError.takeReason())
        }
        unsafe SSL_set_bio(ssl, bio, bio)
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe gh_records_free(records)
        unsafe gh_forget_secrets(wire)
        unsafe gh_wire_release(wire)
        unsafe wire.deallocate()
    }

    // MARK: Readiness, copied in before an operation and out after it

    /// What the socket is known to allow: the operation then makes no system call that is known to fail.
    /// - Parameters:
    ///   - hungUp: the peer's FIN is in, so a short read does not mean that nothing follows.
    ///   - holds: what `takeSealed()` gave has yet to be sent, so that nothing may overtake it.
    package func setReadiness(readable: Bool, writable: Bool, hungUp: Bool, holds: Bool = false) {
        unsafe wire.pointee.readable = readable ? 1 : 0
        unsafe wire.pointee.writable = writable ? 1 : 0
        unsafe wire.pointee.hung_up = hungUp ? 1 : 0
        unsafe wire.pointee.holds = holds ? 1 : 0
    }

    /// What the socket is ready for after an operation.
    package var readiness: (readable: Bool, writable: Bool) {
        unsafe (wire.pointee.readable != 0, wire.pointee.writable != 0)
    }

    // MARK: From OpenSSL to records of our own

    /// Goes on without the SSL object, if this is a client's session. To be called when the first answer has come: by then all
    /// that belongs to the server's handshake has, its tickets above all.
    package func takeOverRecords() {
        if client != nil { takeOver() }
    }

    /// Goes on without the SSL object, if that is possible.
    func takeOver() {
        guard let session = unsafe ssl else { return }
        guard let records = unsafe gh_take_over(session, wire) else {
            unsafe gh_end_collecting(session, wire)
            return
        }
        unsafe self.records = records
        remembered.tickets = UInt8(clamping: unsafe gh_records_counts(records).sent)
        // Freed as if it had been shut down: no alert is sent, and the session's ticket stays good.
        unsafe SSL_set_shutdown(session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        unsafe SSL_free(session)
        unsafe ssl = nil
    }

    /// The connection will be silent for a while: memory that can be had again is given back.
    package func releaseMemory() {
        if let records = unsafe records { unsafe gh_records_free_contexts(records) }
    }

    // MARK: Operations

    /// Reads from the socket and decrypts into `buffer`.
    /// - Returns: how many bytes came, what has to be waited for, or the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(TLSError) -> Progress {
        var count = 0
        if let records = unsafe records {
            return try progress(of: unsafe gh_wire_read_records(wire, records, buffer.baseAddress, buffer.count, &count), count)
        }
        Self.clearErrors()
        unsafe wire.pointee.taken = 0
        let result = unsafe SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &count)
        if result == 1 {
            // Also of a peer that has asked for too many other handshakes: data may have come together with them.
            guard unsafe Int(wire.pointee.alerts) <= GH_MOST_ALERTS else {
                throw TLSError(.protocolViolation, "too many warn alerts")
            }
            return .moved(count)
        }
        return try outcome(of: result, during: .protocolViolation)
    }

    /// The bytes of content that one record holds at most (RFC 8446 §5.1).
    package static var recordSize: Int { GH_RECORD_CONTENT }

    /// Encrypts and sends a prefix of `bytes`; several records leave in one system call. After `.wantsWrite` the next call must
    /// begin with the same bytes. Ciphertext that the socket did not take is kept: see `flush()`.
    /// - Parameters:
    ///   - head: up to `recordSize` bytes that go before, in a record of their own; `.moved` means that they went, and
    ///     counts only `bytes`.
    ///   - sends: if not, own records are sealed alone: `takeSealed()` has them.
    ///   - isLast: the FIN follows at once. Own records then take close_notify along behind the last byte, and leave with
    ///     the FIN (`gh_wire_write_records`). Only for what is sent.
    package func write(
        _ bytes: UnsafeRawBufferPointer, after head: UnsafeRawBufferPointer? = nil, sends: Bool = true, isLast: Bool = false
    ) throws(TLSError) -> Progress {
        if let records = unsafe records {
            var count = 0
            unsafe wire.pointee.only_seals = sends ? 0 : 1
            let outcome = unsafe gh_wire_write_records(
                wire, records, head?.baseAddress, head?.count ?? 0, bytes.baseAddress, bytes.count, &count, isLast ? 1 : 0)
            return try progress(of: outcome, count)
        }
        readAside()
        // OpenSSL makes no record that cannot leave: see `keeps_records`.
        guard case .moved = try flush() else { return .wantsWrite }
        guard unsafe wire.pointee.writable != 0 else { return .wantsWrite }
        try checkSending()
        guard unsafe bytes.count > Self.recordSize || head != nil else {
            let progress = try unsafe writeRecord(bytes)
            try checkSending()
            return progress
        }
        unsafe gh_wire_gather(wire)
        do throws(TLSError) {
            let progress = try unsafe gather(bytes, after: head)
            if unsafe gh_wire_flush(wire) < 0 { throw TLSError.system(unsafe wire.pointee.error) }
            try checkSending()
            return progress
        } catch {
            _ = unsafe gh_wire_flush(wire)
            throw error
        }
    }

    /// OpenSSL is not told what happens to its records.
    private func checkSending() throws(TLSError) {
        if case let code = unsafe wire.pointee.send_error, code != 0 { throw TLSError.system(code) }
    }

    private func gather(_ bytes: UnsafeRawBufferPointer, after head: UnsafeRawBufferPointer?) throws(TLSError) -> Progress {
        var records = GH_GATHERED_RECORDS
        if let head = unsafe head {
            let progress = try unsafe writeRecord(head)
            guard case .moved = progress else { return progress }
            records -= 1
        }
        var written = 0
        while written < min(bytes.count, Self.recordSize * records) {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
            let progress = try unsafe writeRecord(rest)
            guard case .moved(let count) = progress else {
                return unsafe written > 0 || head != nil ? .moved(written) : progress
            }
            written += count
        }
        return .moved(written)
    }

    /// If something has arrived: takes what of it is no data, a KeyUpdate or a late ticket. Data, an end or a failure are left to
    /// the next read.
    package func readAside() {
        guard unsafe wire.pointee.readable != 0 else { return }
        if let records = unsafe records { return unsafe gh_wire_read_aside(wire, records) }
        guard unsafe SSL_has_pending(ssl) == 0, unsafe SSL_version(ssl) == TLS1_3_VERSION else { return }
        var byte: UInt8 = 0
        var count = 0
        unsafe wire.pointee.taken = 0
        _ = unsafe SSL_peek_ex(ssl, &byte, 1, &count)
        ERR_clear_error()
    }

    /// Has the server sent data? An end or a failure is left to the next read. Only before `takeOverRecords()`.
    package func hasData() -> Bool {
        guard unsafe ssl != nil else { return false }
        var byte: UInt8 = 0
        var count = 0
        defer { ERR_clear_error() }
        unsafe wire.pointee.taken = 0
        return unsafe SSL_peek_ex(ssl, &byte, 1, &count) == 1
    }

    /// Goes on to the next key of our own (RFC 8446 §4.6.3), where the records are our own; for tests.
    func changeKeys() {
        guard let records = unsafe records else { return }
        unsafe gh_records_change_keys(records)
        unsafe gh_wire_send_owed(wire, records)
    }

    /// Sends ciphertext left over from `write`. `.moved` when none is left.
    package func flush() throws(TLSError) -> Progress {
        switch unsafe gh_wire_flush(wire) {
        case 1: return .moved(0)
        case 0: return .wantsWrite
        default: throw TLSError.system(unsafe wire.pointee.error)
        }
    }

    /// Is something inside that a read may return? The socket will not announce it.
    package var hasBufferedInput: Bool {
        if let records = unsafe records { return unsafe gh_wire_has_records(wire, records) == 1 }
        return unsafe (SSL_has_pending(ssl) == 1 || wire.pointee.inbox != nil)
    }

    package var hasPendingCiphertext: Bool { unsafe wire.pointee.pending != nil }

    /// Sends what `write` has left over, and then close_notify, once, without waiting for the peer's.
    /// - Returns: is it all with the kernel, or in vain? If not, the socket is full: again when it is writable.
    @discardableResult
    package func sendCloseNotify() -> Bool {
        switch unsafe gh_wire_flush(wire) {
        case 1: break
        case 0: return false
        default: return true
        }
        if let records = unsafe records {
            unsafe gh_wire_close_records(wire, records)
            return unsafe wire.pointee.pending == nil && gh_records_owe(records) == 0 || wire.pointee.send_error != 0
        }
        ERR_clear_error()
        // During a handshake OpenSSL refuses; there is nothing to close politely then.
        guard unsafe SSL_is_init_finished(ssl) == 1, unsafe wire.pointee.has_said_end == 0 else { return true }
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
        unsafe wire.pointee.has_said_end = 1
        return !hasPendingCiphertext
    }

    // MARK: -

    /// What `SSL_get_error` looks at must be of the operation alone. Clearing goes through the whole queue, looking does not.
    static func clearErrors() {
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    private func writeRecord(_ bytes: UnsafeRawBufferPointer) throws(TLSError) -> Progress {
        Self.clearErrors()
        var count = 0
        let result = unsafe SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count)
        if result == 1 { return .moved(count) }
        return try outcome(of: result, during: .protocolViolation)
    }

    @inline(__always)
    private func progress(of outcome: Int32, _ count: Int) throws(TLSError) -> Progress {
        switch Int(outcome) {
        case GH_MOVED: return .moved(count)
        case GH_WANTS_READ: return .wantsRead
        case GH_WANTS_WRITE: return .wantsWrite
        case GH_END: return .end
        default: throw recordFailure()
        }
    }

    /// Must follow the operation with no other OpenSSL call in between (SSL_get_error(3)).
    func outcome(of result: Int32, during stage: TLSError.Kind) throws(TLSError) -> Progress {
        switch unsafe SSL_get_error(ssl, result) {
        // Of the last two see `waitsForCertificate`.
        case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_X509_LOOKUP, SSL_ERROR_WANT_CLIENT_HELLO_CB: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .end
        default: throw failure(during: stage)
        }
    }
}
