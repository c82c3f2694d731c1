import Buffers
import EventLoop
import HTTP
import Messages
import Transport

/// Is a client still there to take its answer?
enum ClientPresence: Equatable {
    case there
    /// Since then, in monotonic nanoseconds, it sends no more. That does not imply that it no longer wants the answer (RFC 9112
    /// §9.6), nor that it does: closing both ways looks the same, until something is sent and comes back as a reset, or does not.
    case halfClosed(since: UInt64)
    /// It has closed or broken its connection.
    case left
}

/// The client's side of one exchange, whichever version of HTTP carries it: the request, its body, and the way back.
///
/// Operations try and return at once; `watch` says what the exchange's waiter is to be woken by.
protocol ClientSide: AnyObject {
    // MARK: The request

    var request: RequestHead { get }
    /// False if the request could not be read at all.
    var hasRequest: Bool { get }
    /// The request's body.
    var body: any BodySource { get }
    var endpoint: ClientEndpoint { get }

    /// The stream's number, and which of the connection's requests it is, from 1; nil where a connection carries one exchange
    /// after another.
    var streamNumbers: (stream: UInt32, request: Int)? { get }

    // MARK: The answer

    /// Forwards a 1xx head.
    func sendInterim(_ head: ResponseHead, policy: ResponseFieldPolicy)
    /// Begins the answer with an upstream's head.
    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy)
    /// Begins the answer with a head of our own: its fields, the date, and what says the framing and concerns the connection.
    func begin(_ answer: Answer)
    /// The answer's body.
    var answerBody: any BodySink { get }
    /// Cuts the answer so that its receiver cannot take it for the whole. Bytes under way may be lost.
    func abort()
    /// Cuts the answer as `abort` does, but what has been flushed arrives first.
    func endTruncated()

    /// Payload bytes of the request's body that came, and of the answer's that went.
    var bodyBytes: (received: UInt64, sent: UInt64) { get }

    // MARK: Waiting and leaving

    /// The waiter of the exchange's task.
    var waiter: Waiter { get }
    /// Says what wakes the waiter; that the client leaves always does.
    func watch(reading: Bool, writing: Bool)
    /// Nothing wakes the waiter.
    func unwatch()
    /// The address of ours that the client connected to; nil if it is not known.
    var localAddress: SocketAddress? { get }
    var presence: ClientPresence { get }
    /// What its exchange fails with if it has left.
    var departure: Failure { get }
    /// Leaves HTTP, after a 101.
    /// - Returns: the connection as it is, and what has been read of it and not taken.
    func upgrade() -> (duplex: any Duplex, unread: Buffer?)
}

extension ClientSide {
    var bodyBytes: (received: UInt64, sent: UInt64) { (body.bodyBytes, answerBody.bodyBytes) }
    var localAddress: SocketAddress? { nil }
    var departure: Failure { Failure.clientLeft() }
    /// Has the client closed or broken its connection?
    var hasLeft: Bool { presence == .left }

    /// While there is nothing to send yet that would show it.
    /// - Throws: if the client has left, or that must be assumed.
    func checkPresence(_ limits: PlanLimits, now: UInt64) throws(Failure) {
        switch presence {
        case .there: return
        case .halfClosed(let since): if now >= since &+ limits.halfCloseGrace { throw RelayDeadline.Expiry.halfClosed.failure }
        case .left: throw departure
        }
    }

    /// The request, unless it could not be read at all.
    var requestIfAny: RequestHead? { hasRequest ? request : nil }
}
