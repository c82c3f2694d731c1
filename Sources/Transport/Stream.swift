package import Buffers
// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc
package import TLS

/// A byte stream to a peer, plain or TLS; who reads and writes it cannot tell which.
///
/// Operations try and return at once. What a blocked operation waits for is in `readInterest` and `writeInterest`, which a task
/// gives to its waiter; so one task can watch two streams.
package final class Stream {
    package let socket: Socket
    /// Nil on a plain stream.
    package var tls: TLSSession? {
        through {
            $0
        } otherwise: {
            nil
        }
    }
    /// What a blocked read waits for. TLS may have to write in order to read.
    package var readInterest: Socket.Interest { interests.read }
    package var writeInterest: Socket.Interest { interests.write }

    /// Price 2: out of what cannot be copied the session is used without being counted; out of an optional it would be copied.
    private struct Layer: ~Copyable {
        let session: TLSSession
    }

    // That there is none can be told without it, by `isPlain`.
    private let layer: Layer?
    private var isPlain: Bool
    private var interests: (read: Socket.Interest, write: Socket.Interest) = (.read, .write)

    package init(_ socket: Socket, tls: TLSSession? = nil) {
        self.socket = socket
        layer = if let tls { Layer(session: tls) } else { nil }
        isPlain = tls == nil
    }

    /// Makes this the waiter that is woken for what `watch` names, in place of any other.
    package func attach(to waiter: Waiter) { socket.waiter = waiter }

    /// What wakes the waiter: what a read waits for, what a write waits for, both, or nothing.
    package func watch(reading: Bool, writing: Bool) { watch(reading: reading, writing: writing, hangup: false) }

    /// What wakes the waiter, as above; with `hangup` also that the peer has sent its FIN or the connection has broken.
    package func watch(reading: Bool, writing: Bool, hangup: Bool) {
        socket.watch(interests.read, if: reading, interests.write, if: writing, hangup: hangup)
    }

    /// Has the peer sent its FIN, or the connection broken?
    package var hasHungUp: Bool { socket.hasHungUp }
    /// When the peer said that it sends no more, in monotonic nanoseconds, while it may still read (RFC 9293 §3.6); nil if it has
    /// not said so, or the connection broke. Over TLS a FIN is the end of all: who only sends no more says close_notify.
    package var halfClosedAt: UInt64? { isPlain && socket.hasHungUp && !socket.isBroken ? socket.hungUpAt : nil }
    /// May there be bytes of the peer's to come, or in the kernel? Closed before they are read, those are answered by a reset.
    package var mayHaveInput: Bool { isPlain ? !hasReadEnd && !socket.isBroken : !socket.hasHungUp }
    /// Without TLS alone: has a read found the end?
    var hasReadEnd = false

    /// One non-blocking read into the buffer's room, which must not be empty.
    package func read(into buffer: Buffer) throws(TransportError) -> ReadOutcome {
        try through { session throws(TransportError) in
            try read(into: buffer, of: session)
        } otherwise: { () throws(TransportError) in
            try readPlain(into: buffer)
        }
    }

    @inline(__always)
    private func read(into buffer: Buffer, of session: TLSSession) throws(TransportError) -> ReadOutcome {
        giveReadiness(session)
        defer { takeReadiness(session) }
        let progress: TLSSession.Progress
        do throws(TLSError) {
            // The room is used during the call alone.
            progress = try unsafe session.read(into: buffer.freeRoom)
        } catch {
            throw .tls(error)
        }
        switch progress {
        case .moved(let count):
            // So many bytes were written there.
            unsafe buffer.didFill(count)
            return .bytes(count)
        case .end: return .end
        case .wantsRead:
            interests.read = .read
            return .blocked
        case .wantsWrite:
            interests.read = .write
            return .blocked
        }
    }

    /// Writes a prefix of the buffer's unread bytes and consumes it.
    /// - Parameter isLast: nothing follows them, and `sendCloseNotify` and the FIN come at once.
    /// - Returns: how many bytes went; 0 when blocked. After that the next write must begin with the same bytes.
    package func write(
        _ buffer: Buffer, atMost limit: Int = .max, isLast: Bool = false
    ) throws(TransportError) -> Int {
        // The bytes are used during the call alone, which leaves the buffer as it is.
        let unread = unsafe buffer.unread
        let bytes = unsafe limit < unread.count ? UnsafeRawBufferPointer(rebasing: unread[..<limit]) : unread
        let count = try unsafe write(bytes, isLast: isLast)
        buffer.consume(count)
        return count
    }

    /// Writes a prefix of `span`.
    /// - Returns: how many bytes went; 0 when blocked. After that the next write must begin with the same bytes.
    package func write(_ span: Span<UInt8>) throws(TransportError) -> Int {
        // The pointer is used during the call alone.
        try unsafe span.withUnsafeBytes { bytes throws(TransportError) in
            try unsafe write(bytes, isLast: false)
        }
    }

    @inline(__always)
    private func write(_ bytes: UnsafeRawBufferPointer, isLast: Bool) throws(TransportError) -> Int {
        try through { session throws(TransportError) in
            try unsafe writeTLS(session, bytes, isLast: isLast) ?? 0
        } otherwise: { () throws(TransportError) in
            try unsafe writePlain(bytes)
        }
    }

    /// Writes what is unread in `head`, consuming it, and behind it a prefix of `payload`, if possible in one system call.
    /// - Returns: how many bytes of the payload went. After 0 the next write must begin with what is left of the head, and then
    ///   with the same payload.
    package func write(_ head: Buffer, then payload: Span<UInt8>) throws(TransportError) -> Int {
        // A head that has outgrown a record goes first, until the socket is blocked: 0 must never mean anything else.
        while head.count > TLSSession.recordSize { guard try write(head) > 0 else { return 0 } }
        guard !head.isEmpty else { return try write(payload) }
        // The pointers are used during the call alone.
        let first = unsafe head.unread
        let (headCount, count) = try unsafe payload.withUnsafeBytes { second throws(TransportError) in
            try through { session throws(TransportError) in
                guard let count = try unsafe writeTLS(session, second, after: first) else { return (0, 0) }
                return (first.count, count)
            } otherwise: { () throws(TransportError) in
                try unsafe writePlain(first, second)
            }
        }
        head.consume(headCount)
        return count
    }

    /// Is something left over that the kernel did not take when it was written, or at the end of that turn?
    package var hasUnsent: Bool {
        through {
            $0.hasPendingCiphertext
        } otherwise: {
            false
        } || socket.hasUnsent
    }

    /// How many bytes the next write must offer again at least, after a blocked write of `count` bytes. OpenSSL wants a blocked
    /// record repeated (SSL_write(3)); a plain socket has no such wish.
    package func owed(of count: Int) -> Int { isPlain ? 0 : min(count, TLSSession.recordSize) }

    /// Sends what TLS has left over.
    /// - Returns: is everything with the kernel, or goes to it at the end of this turn?
    package func flush() throws(TransportError) -> Bool {
        guard hasUnsent else { return true }
        guard !socket.hasUnsent, let tls else {
            interests.write = .write
            return false
        }
        giveReadiness(tls)
        defer { takeReadiness(tls) }
        do throws(TLSError) {
            if case .moved = try tls.flush() { return true }
        } catch {
            throw .tls(error)
        }
        interests.write = .write
        return false
    }

    /// Could a read return something now: bytes, the end, or an error? False is certain, and costs no system call.
    package var mayRead: Bool {
        socket.isReadable
            || through {
                $0.hasBufferedInput
            } otherwise: {
                false
            }
    }

    /// Takes what TLS has to say besides data, if anything has arrived: a late ticket, a KeyUpdate. Data, an end or a failure are
    /// left to the next read, and `mayRead` knows of them.
    package func readAside() {
        guard socket.isReadable, let tls else { return }
        giveReadiness(tls)
        tls.readAside()
        takeReadiness(tls)
    }

    /// One step of the TLS handshake.
    /// - Returns: nil when done, else what it waits for.
    package func handshake() throws(TransportError) -> Socket.Interest? {
        guard let tls else { return nil }
        socket.sendDeferred()
        giveReadiness(tls)
        defer { takeReadiness(tls) }
        do throws(TLSError) {
            switch try tls.handshake() {
            case .moved, .end: return nil
            case .wantsRead: return .read
            case .wantsWrite: return .write
            }
        } catch {
            throw .tls(error)
        }
    }

    /// Sends what is left over, and TLS's close_notify: without that the end would look like a cut (RFC 8446 §6.1).
    /// - Returns: has it gone, as far as it can? If not, the socket is full, and `writeInterest` tells when to try again.
    package func sendCloseNotify() -> Bool {
        socket.sendDeferred()
        interests.write = .write
        guard let tls else { return !socket.hasUnsent }
        giveReadiness(tls)
        defer { takeReadiness(tls) }
        return tls.sendCloseNotify() && !socket.hasUnsent
    }

    /// Has the kernel keep no more than about so many bytes of what the peer has not taken (SO_SNDBUF, socket(7)); by itself the
    /// buffer grows to megabytes.
    package func limitSendBuffer(to bytes: Int32) {
        var bytes = bytes
        _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Has the kernel tell of bytes when there are so many (SO_RCVLOWAT, socket(7)), or the end. Fewer are there to be read all
    /// the same.
    package func setLowWater(_ bytes: Int) {
        var bytes = Int32(clamping: bytes)
        _ = unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVLOWAT, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }

    /// See `TLSSession.takeOverRecords()`; of a connection to a TLS server alone.
    package func takeOverRecords() { tls?.takeOverRecords() }

    /// The connection will be silent for a while: memory that can be had again is given back.
    package func releaseMemory() { tls?.releaseMemory() }

    /// Drops TLS and goes on in plain text: only for telling a client that it should have spoken TLS, and for reading away what
    /// it still sends after its handshake has failed.
    package func abandonTLS() { isPlain = true }

    // MARK: -

    /// Does something with the session, or else without one.
    @inline(__always)
    private func through<Result, Failure: Error>(
        _ body: (TLSSession) throws(Failure) -> Result, otherwise: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard !isPlain else { return try otherwise() }
        switch layer {
        case nil: return try otherwise()
        case let layer?: return try body(layer.session)
        }
    }

    func giveReadiness(_ tls: TLSSession) { give(socket.status, to: tls) }

    private func give(_ status: Socket.Status, to tls: TLSSession) {
        tls.setReadiness(
            readable: status.isReadable, writable: status.isWritable, hungUp: status.hasHungUp, holds: status.hasDeferred)
        if status.sendError != 0 { tls.failSending(status.sendError) }
        if status.descriptor < 0 { tls.forgetSocket() }
    }

    func takeReadiness(_ tls: TLSSession) {
        let (readable, writable) = tls.readiness
        // What TLS itself has to say stands behind what was deferred.
        guard socket.setReadiness(readable: readable, writable: writable), tls.owes else { return }
        socket.sendDeferred()
        giveReadiness(tls)
        tls.sendOwed()
        socket.isWritable = tls.readiness.writable
    }

    /// - Returns: how many of `bytes` went behind the whole of `head`; nil when blocked, and then nothing went.
    private func writeTLS(
        _ tls: TLSSession, _ bytes: UnsafeRawBufferPointer, after head: UnsafeRawBufferPointer? = nil,
        isLast: Bool = false
    ) throws(TransportError) -> Int? {
        guard unsafe bytes.count > 0 || head != nil else { return 0 }
        // The last must not miss the FIN that it leaves with.
        let isDeferred = unsafe !isLast && bytes.count + (head?.count ?? 0) <= Socket.maxDeferredBytes
        give(try prepareToSend(defers: isDeferred), to: tls)
        defer { takeReadiness(tls) }
        do throws(TLSError) {
            switch try unsafe tls.write(bytes, after: head, sends: !isDeferred, isLast: isLast) {
            case .moved(let count):
                // Used before the session's next operation.
                if let sealed = unsafe tls.takeSealed() { unsafe socket.sendAtTurnEnd(sealed) }
                return count
            case .wantsRead: interests.write = .read
            case .wantsWrite, .end: interests.write = .write
            }
            return nil
        } catch {
            throw .tls(error)
        }
    }
}
