import Buffers
import EventLoop
import HTTP
import Messages
import Transport

/// A client that speaks HTTP/1, as an exchange sees it.
extension HTTP1Session: ClientSide {
    var request: RequestHead {
        guard let head else { preconditionFailure("an exchange has a request") }
        return head
    }

    var hasRequest: Bool { head != nil }
    var body: any BodySource { inflow }
    var streamNumbers: (stream: UInt32, request: Int)? { nil }
    var localAddress: SocketAddress? { stream.localAddress }

    // MARK: The answer

    func sendInterim(_ head: ResponseHead, policy: ResponseFieldPolicy) {
        // RFC 9110 §15.2: HTTP/1.0 did not define 1xx, so a 1.0 client gets none.
        guard request.minorVersion > 0 else { return }
        outflow.appendRaw { ForwardedHead.writeInterim(head, policy: policy, to: &$0) }
    }

    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) {
        let minorVersion = request.minorVersion
        let framing = framing.forClient(minorVersion: minorVersion)
        let isLast = begin(framing)
        var answer = ClientAnswer(framing: framing, clientMinorVersion: minorVersion, closes: isLast)
        answer.forwardsTrailers = framing.isChunked && request.acceptsTrailers
        // RFC 9110 §6.6.1: a recipient with a clock adds the date that an answer lacks when it forwards it.
        if !head.contains(.date) { answer.date = resources.httpDate }
        // Behind a 101 something else begins; a request that is still to come must find a reader.
        outflow.endsConnection = isLast && head.status != 101 && inflow.isBodyFinished
        outflow.begin(framing) { ForwardedHead.writeResponse(head, answer, policy: policy, to: &$0) }
    }

    func begin(_ answer: Answer) {
        let minorVersion = head?.minorVersion ?? 1
        let framing = answer.framing.forClient(minorVersion: minorVersion)
        let isLast = begin(framing)
        var own = ClientAnswer(framing: framing, clientMinorVersion: minorVersion, closes: isLast)
        if !answer.hasDate { own.date = resources.httpDate }
        outflow.endsConnection = isLast && inflow.isBodyFinished
        outflow.begin(framing) {
            OwnHead.write(answer.status, answer.fields, answer.siteFields, statedLength: answer.statedLength, own, to: &$0)
        }
    }

    var answerBody: any BodySink { outflow }
    var bodyBytes: (received: UInt64, sent: UInt64) { (inflow.bodyBytes, outflow.bodyBytes) }
    func abort() { answer = .cut }
    func endTruncated() { answer = .truncated }

    // MARK: Waiting and leaving

    func watch(reading: Bool, writing: Bool) { stream.watch(reading: reading, writing: writing, hangup: true) }
    func unwatch() { stream.watch(reading: false, writing: false) }
    var presence: ClientPresence {
        guard stream.hasHungUp else { return .there }
        return stream.halfClosedAt.map(ClientPresence.halfClosed(since:)) ?? .left
    }

    /// Is the request the last, since the client has ended its side behind it? To be asked when all of it has been read.
    var hasAskedAll: Bool {
        guard stream.hasHungUp, !inflow.hasBytes else { return false }
        // What it sent before its end may still be with the kernel, and is another request.
        guard let read = try? inflow.read() else { return true }
        return read == .end
    }

    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { (stream, inflow.takeBuffer()) }
}
