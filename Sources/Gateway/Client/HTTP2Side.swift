import Buffers
import EventLoop
import HTTP
import HTTP2
import Messages

/// A client's stream in HTTP/2, as an exchange sees it.
final class HTTP2Side: ClientSide {
    let stream: HTTP2Stream
    let endpoint: ClientEndpoint
    let head: RequestHead
    private let state: WorkerResources
    private let number: Int
    /// Why the request cannot be carried out; nil if it can.
    let refusal: Failure?
    /// The message breaks the rules of HTTP/2 itself: it is answered with a reset (RFC 9113 §8.1.1).
    private let isMalformed: Bool

    /// - Parameter number: which of its connection's requests it is, from 1.
    init(
        _ stream: HTTP2Stream, _ head: RequestHead, number: Int, refusal: Failure?, isMalformed: Bool, endpoint: ClientEndpoint,
        state: WorkerResources
    ) {
        self.stream = stream
        self.head = head
        self.number = number
        self.refusal = refusal
        self.isMalformed = isMalformed
        self.endpoint = endpoint
        self.state = state
    }

    var request: RequestHead { head }
    var hasRequest: Bool { head.hasRequestLine }
    var body: any BodySource { stream.inflow }
    var place: (stream: UInt32, request: Int)? { (stream.identifier, number) }

    // MARK: The answer

    func sendInterim(_ head: ResponseHead) {
        stream.outflow.sendInterim { out in
            FieldEncoder.appendStatus(head.status, to: &out)
            state.appendEncoded(to: &out) { ForwardedHead.appendInterimFields(head, to: &$0) }
        }
    }

    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) {
        let isTunnel = head.status == 101
        var answer = ClientAnswer(framing: framing, clientMinorVersion: 1, closes: false)
        answer.forwardsTrailers = !framing.isEmpty && request.acceptsTrailers
        // RFC 9110 §6.6.1: a recipient with a clock adds the date that an answer lacks when it forwards it.
        if !head.contains(.date) { answer.date = state.clock.httpDate }
        stream.outflow.begin(isTunnel ? .untilClose : framing, isTunnel: isTunnel) { out in
            // RFC 8441 §5: a WebSocket is accepted with a 2xx.
            FieldEncoder.appendStatus(isTunnel ? 200 : head.status, to: &out)
            state.appendEncoded(to: &out) { ForwardedHead.appendResponseFields(head, answer, policy: policy, to: &$0) }
        }
    }

    func begin(_ answer: Answer) {
        if isMalformed { return stream.reset(.protocolError) }
        var own = ClientAnswer(framing: answer.framing, clientMinorVersion: 1, closes: false)
        if !answer.hasDate { own.date = state.clock.httpDate }
        stream.outflow.begin(answer.framing) { out in
            FieldEncoder.appendStatus(answer.status, to: &out)
            state.appendEncoded(to: &out) {
                OwnHead.appendFields(
                    answer.fields, answer.siteFields, statedLength: answer.statedLength, own, to: &$0)
            }
        }
    }

    var answerBody: any BodySink { stream.outflow }
    func abort() { stream.reset(isMalformed ? .protocolError : .internalError) }
    func endShort() { stream.reset(.internalError) }

    // MARK: Waiting and leaving

    var waiter: Waiter { stream.waiter }
    func watch(reading: Bool, writing: Bool) { stream.watch(reading: reading, writing: writing) }
    func unwatch() { stream.unwatch() }
    var hasLeft: Bool { stream.hasLeft }
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { (stream, nil) }
}

extension WorkerResources {
    /// Appends field lines, which `compose` writes as HTTP/1 has them, as HTTP/2 encodes them.
    func appendEncoded(to out: inout [UInt8], compose: (inout [UInt8]) -> Void) {
        var lines = takeLines()
        compose(&lines)
        FieldEncoder.append(lines: lines.span, to: &out)
        give(back: lines)
    }
}
