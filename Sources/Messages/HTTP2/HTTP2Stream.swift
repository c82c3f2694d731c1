package import Buffers
package import EventLoop
package import HTTP
package import HTTP2
import Transport

/// One stream of a connection (RFC 9113 §5), as the exchange on it sees it.
///
/// Who is woken by what is kept here as a socket keeps it: `watch` says what, and the connection wakes the waiter when it
/// happens.
package final class HTTP2Stream {
    // Price 6.
    package var identifier: UInt32 { number }
    private var number: UInt32
    package let inflow: HTTP2Inflow
    package let outflow: HTTP2Outflow
    /// The waiter of the task that carries the exchange out; nil while there is none.
    private var waiter: Waiter?
    package var priority: Priority {
        get { askedPriority }
        set { askedPriority = newValue }
    }
    private var askedPriority = Priority.unstated
    /// Why it ended before its time, on either side's account; nil while it has not.
    package var resetCode: ErrorCode? { resetBy }
    private var resetBy: ErrorCode?
    /// What the peer did to have it reset, for the log; nil if that is not known.
    var fault: String?
    /// The rule that its message broke, if that is what it did.
    var malformation: RefusalReason?
    /// The heads of the answer to a request of ours.
    package let answer = HTTP2Answer()
    /// When its exchange was over, in monotonic nanoseconds, while its request was not: what still arrives is dropped.
    var abandonedAt: UInt64?
    /// It waits for room in the connection's window or buffer.
    var isQueued = false
    /// Its position in the queue of streams that wait to send; 0: it has sent something since it had one.
    var position: UInt64 = 0
    var turn: HTTP2SendTurn { HTTP2SendTurn(priority: askedPriority, position: position, identifier: number) }
    private var watchesReading = false
    private var watchesWriting = false
    private var watchesLeaving = false
    unowned let connection: HTTP2Connection

    init(_ identifier: UInt32, of connection: HTTP2Connection) {
        number = identifier
        self.connection = connection
        inflow = HTTP2Inflow(buffers: connection.buffers)
        outflow = HTTP2Outflow()
        inflow.belong(to: self)
        outflow.belong(to: self)
        open(as: identifier)
    }

    /// Begins anew, for another request: nobody has it, and nothing of the last is left.
    func open(as identifier: UInt32) {
        number = identifier
        resetBy = nil
        fault = nil
        malformation = nil
        abandonedAt = nil
        isQueued = false
        position = 0
        let connection = connection
        if connection.role == .client { answer.reset() }
        inflow.open(window: connection.limits.streamWindow, now: connection.now)
        outflow.open(window: connection.peer.initialWindowSize)
    }

    /// A request's stream, which has just begun, gets its number; the server's windows may be others by now.
    func takeNumber(_ identifier: UInt32, window: Int) {
        number = identifier
        outflow.open(window: window)
    }

    /// Has the peer reset it, or has its connection ended?
    package var hasLeft: Bool { resetBy != nil }

    /// How the client's message broke a rule, if the stream was reset for that. A server's answer is judged by the upstream side.
    package var breach: PeerError? {
        guard connection.role == .server, let malformation, let fault else { return nil }
        return .malformed(malformation, fault)
    }

    /// What an operation fails with that comes after its end.
    var ending: PeerError {
        // What a server did not look at is no fault, whatever else happened.
        if resetBy == .refusedStream { return .reset(.refusedStream) }
        if let breach { return breach }
        if let fault { return .broken(fault) }
        if let error = connection.error { return .broken("the connection ended: \(error.code.name): \(error.reason)") }
        return connection.breakage ?? .reset(resetBy ?? .cancel)
    }

    var isAbandoned: Bool { abandonedAt != nil }

    /// Have both sides ended it, or has one of them reset it?
    var isClosed: Bool { resetBy != nil || (inflow.hasEnded && outflow.hasEnded) }

    // MARK: Sending heads

    /// Sends the field section of a request or of a final answer.
    /// - Parameters:
    ///   - framing: of the body that follows; without one the section ends our side of the stream.
    ///   - isTunnel: what follows is no body, and only `shutdownWrite` ends it.
    ///   - compose: appends the encoded fields.
    package func begin(_ framing: BodyFraming, isTunnel: Bool = false, compose: (inout OutputSpan<UInt8>) -> Void) {
        guard outflow.mayBegin else { return }
        outflow.begin(framing, isTunnel: isTunnel)
        connection.sendHeaders(self, endsStream: framing.isEmpty, compose: compose)
    }

    /// Sends a field section that another follows: 1xx.
    package func sendInterim(compose: (inout OutputSpan<UInt8>) -> Void) {
        guard outflow.mayBegin else { return }
        connection.sendHeaders(self, endsStream: false, compose: compose)
    }

    // MARK: Waking

    /// What wakes the waiter besides the end of the stream, which always does.
    package func watch(reading: Bool, writing: Bool) {
        watchesReading = reading
        watchesWriting = writing
        watchesLeaving = true
        if writing, outflow.isBlockedByConnection || outflow.isHeadWaiting { connection.enqueue(self) }
    }

    /// Nothing wakes the waiter.
    package func unwatch() {
        watchesReading = false
        watchesWriting = false
        watchesLeaving = false
    }

    /// Makes this the waiter that is woken for what `watch` names, in place of any other.
    package func attach(to waiter: Waiter) { self.waiter = waiter }

    /// Takes the waiter away: nobody is woken any more.
    func detach() {
        unwatch()
        waiter = nil
    }

    /// Ends both directions with RST_STREAM, unless they have ended.
    package func reset(_ code: ErrorCode) {
        guard !isClosed else { return }
        end(code)
        // It has no number, and the peer knows nothing of it, before it is opened.
        if number != 0 { connection.sendReset(number, code) }
        connection.forget(self)
    }

    /// The other side has reset it, or the connection is gone.
    /// - Parameter keepsAnswer: nothing is wrong with an answer that has come whole.
    func wasReset(_ code: ErrorCode, keepsAnswer: Bool = false) {
        guard resetBy == nil else { return }
        if keepsAnswer, connection.role == .client, inflow.hasEnded {
            // RFC 9113 §8.1: the answer is whole, and the server wants no more of the request. Who still sends that is told so:
            // taken for blocked it would run into a deadline, and the answer be cut.
            outflow.wasReset()
        } else {
            end(code)
        }
        if watchesReading || watchesWriting || watchesLeaving { waiter?.wake(.ready) }
    }

    private func end(_ code: ErrorCode) {
        resetBy = code
        inflow.wasReset()
        outflow.wasReset()
    }

    func becameReadable() {
        if watchesReading { waiter?.wake(.ready) }
    }

    func becameWritable() {
        if watchesWriting { waiter?.wake(.ready) }
    }
}

/// A stream that has become a tunnel, RFC 8441: DATA both ways.
extension HTTP2Stream: Duplex {
    package var mayReceive: Bool { resetCode != nil || inflow.hasBytes || inflow.hasEnded }

    /// Moves what has come into the buffer's room.
    /// - Returns: how many bytes that were, that none are there yet, or the end.
    package func receive(into buffer: Buffer) throws(PeerError) -> ReadOutcome {
        if hasLeft { throw ending }
        let count = inflow.move(into: buffer)
        if count > 0 { return .bytes(count) }
        return inflow.hasEnded ? .end : .blocked
    }

    /// Sends a prefix of the buffer's bytes as DATA, and consumes it.
    package func send(_ buffer: Buffer, atMost limit: Int) throws(PeerError) -> Int {
        let count = try buffer.withBytes { bytes throws(PeerError) in
            try outflow.write(bytes.extracting(first: min(limit, bytes.count)))
        }
        buffer.consume(count)
        return count
    }

    /// Sends a prefix of the bytes as DATA, and returns how many that were.
    package func send(_ span: Span<UInt8>) throws(PeerError) -> Int { try outflow.write(span) }

    /// Nothing is offered twice: what was taken is framed.
    package func owed(of count: Int) -> Int { 0 }
    /// What was taken is the connection's to send.
    package var hasUnsent: Bool { false }
    /// Nothing is left over.
    package func sendRest() throws(PeerError) -> Bool { true }

    /// END_STREAM is a flag of a DATA frame: some clients set it on that of their Close frame.
    package var endsWithLastBytes: Bool { true }

    /// Sends END_STREAM.
    package func shutdownWrite() { outflow.endTunnel() }
    /// Sends RST_STREAM.
    package func breakOff() { reset(.cancel) }
    /// It holds nothing that can be had again.
    package func releaseMemory() {}
}
