import Buffers
import EventLoop
import HTTP
import HTTP2
import Messages
import Transport

/// A client's stream in HTTP/2, as an exchange sees it.
final class HTTP2Side: ClientSide {
    let stream: HTTP2Stream
    let request: RequestHead
    /// The number of the generation that its exchange began in; 0 before that.
    var generation = 0
    var began: UInt64 = 0
    /// Why the request cannot be carried out; nil if it can.
    let refusal: Failure?
    private let http2Session: HTTP2Session
    private let number: Int
    /// The message breaks the rules of HTTP/2 itself: it is answered with a reset (RFC 9113 §8.1.1).
    private let isMalformed: Bool
    /// The waiter of the task that carries the exchange out; nil until there is one.
    private var taskWaiter: Waiter?

    /// - Parameter number: which of its connection's requests it is, from 1.
    init(
        _ stream: HTTP2Stream, _ request: RequestHead, number: Int, refusal: Failure?, isMalformed: Bool, of session: HTTP2Session
    ) {
        self.stream = stream
        self.request = request
        self.number = number
        self.refusal = refusal
        self.isMalformed = isMalformed
        http2Session = session
    }

    private var resources: WorkerResources { http2Session.resources }
    var endpoint: ClientEndpoint { http2Session.endpoint }
    var session: (any ClientSession)? { http2Session }
    var hasRequest: Bool { request.hasRequestLine }
    var body: any BodySource { stream.inflow }
    var streamNumbers: (stream: UInt32, request: Int)? { (stream.identifier, number) }
    var localAddress: SocketAddress? { http2Session.localAddress }

    // MARK: The answer

    func sendInterim(_ head: ResponseHead, policy: ResponseFieldPolicy) {
        resources.withLines {
            ForwardedHead.appendInterimFields(head, policy: policy, to: &$0)
        } encode: { lines in
            stream.sendInterim { FieldEncoder.append(head.status, lines: lines, to: &$0) }
        }
    }

    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) {
        let isTunnel = head.status == 101
        var framing = framing
        // That nothing follows is said by the stream's end; what the upstream has not stated is not made up.
        if case .length(0) = framing, !head.contains(.contentLength) { framing = .none }
        var answer = ClientAnswer(framing: framing, clientMinorVersion: 1, closes: false)
        answer.forwardsTrailers = !framing.isEmpty && request.acceptsTrailers
        // RFC 9110 §6.6.1: a recipient with a clock adds the date that an answer lacks when it forwards it.
        if !head.contains(.date) { answer.date = resources.httpDate }
        // RFC 8441 §5: a WebSocket is accepted with a 2xx.
        let status = isTunnel ? 200 : head.status
        resources.withLines {
            ForwardedHead.appendResponseFields(head, answer, policy: policy, to: &$0)
        } encode: { lines in
            stream.begin(isTunnel ? .untilClose : framing, isTunnel: isTunnel) {
                resources.encodedAnswers.appendAnswer(status, lines: lines, to: &$0)
            }
        }
    }

    func begin(_ answer: Answer) {
        if isMalformed { return stream.reset(.protocolError) }
        var own = ClientAnswer(framing: answer.framing, clientMinorVersion: 1, closes: false)
        if !answer.hasDate { own.date = resources.httpDate }
        resources.withLines {
            OwnHead.appendFields(answer.fields, answer.siteFields, statedLength: answer.statedLength, own, to: &$0)
        } encode: { lines in
            stream.begin(answer.framing) { resources.encodedAnswers.appendAnswer(answer.status, lines: lines, to: &$0) }
        }
    }

    var answerBody: any BodySink { stream.outflow }
    var bodyBytes: (received: UInt64, sent: UInt64) { (stream.inflow.bodyBytes, stream.outflow.bodyBytes) }
    func abort() { stream.reset(isMalformed ? .protocolError : .internalError) }
    func endTruncated() { stream.reset(.internalError) }

    // MARK: Waiting and leaving

    var waiter: Waiter {
        guard let taskWaiter else { preconditionFailure("an exchange waits that has not begun") }
        return taskWaiter
    }

    func watch(reading: Bool, writing: Bool) { stream.watch(reading: reading, writing: writing) }
    func unwatch() { stream.unwatch() }
    var presence: ClientPresence { stream.hasLeft ? .left : .there }
    var departure: Failure { Failure.clientLeft(stream.breach) }
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { (stream, nil) }
}

extension HTTP2Side: StreamExchange {
    nonisolated(nonsending) func serve(_ waiter: Waiter) async {
        taskWaiter = waiter
        stream.attach(to: waiter)
        await http2Session.serve(self)
    }
}

extension StreamExchange {
    /// Does what `serve` does, without a dynamic call where it is a client's, as nearly always (price 8).
    @inline(__always)  // Price 7.
    nonisolated(nonsending) func serveDirectly(_ waiter: Waiter) async {
        if let side = self as? HTTP2Side { return await side.serve(waiter) }
        await serve(waiter)
    }
}

extension WorkerResources {
    /// Lends field lines, which `compose` writes as HTTP/1 has them.
    func withLines(_ compose: (inout [UInt8]) -> Void, encode: (Span<UInt8>) -> Void) {
        var lines = acquireLines()
        compose(&lines)
        encode(lines.span)
        release(lines: &lines)
    }
}
