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

    // MARK: The answer

    func sendInterim(_ head: ResponseHead) {
        // RFC 9110 §15.2: HTTP/1.0 did not define 1xx, so a 1.0 client gets none.
        guard request.minorVersion > 0 else { return }
        outflow.appendRaw { ForwardedHead.appendInterim(head, to: &$0) }
    }

    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) {
        let minorVersion = request.minorVersion
        let framing = framing.forClient(minorVersion: minorVersion)
        let isLast = begin(framing)
        var answer = ClientAnswer(framing: framing, clientMinorVersion: minorVersion, closes: isLast)
        answer.forwardsTrailers = framing == .chunked && request.acceptsTrailers
        // RFC 9110 §6.6.1: a recipient with a clock adds the date that an answer lacks when it forwards it.
        if !head.contains(.date) { answer.date = state.clock.httpDate }
        outflow.begin(framing) { ForwardedHead.appendResponse(head, answer, policy: policy, to: &$0) }
    }

    func begin(_ answer: Answer) {
        let minorVersion = head?.minorVersion ?? 1
        let framing = answer.framing.forClient(minorVersion: minorVersion)
        let isLast = begin(framing)
        outflow.begin(framing) { out in
            StatusText.appendLine(answer.status, to: &out)
            if !answer.hasDate {
                out.append("Date: ")
                out.append(state.clock.httpDate.span)
                out.append("\r\n")
            }
            out.append(answer.fields.lines.span)
            out.append(answer.siteFields.lines.span)
            switch framing {
            case .length(let count): appendLength(count, to: &out)
            case .chunked: out.append("Transfer-Encoding: chunked\r\n")
            // RFC 9110 §8.6: in the answer to HEAD, the length that a GET's answer would have.
            case .none: if let length = answer.statedLength { appendLength(length, to: &out) }
            case .untilClose: break
            }
            // RFC 9110 §15.5.22: a 426 says to which protocol; there is one.
            if answer.status == 426 { out.append("Upgrade: websocket\r\nConnection: Upgrade\r\n") }
            if isLast {
                out.append("Connection: close\r\n")
            } else if minorVersion == 0 {
                out.append("Connection: keep-alive\r\n")
            }
            out.append("\r\n")
        }
    }

    private func appendLength(_ count: UInt64, to out: inout [UInt8]) {
        out.append("Content-Length: ")
        out.append(decimal: count)
        out.append("\r\n")
    }

    var answerBody: any BodySink { outflow }
    func abort() { answer = .cut }
    func endShort() { answer = .short }

    // MARK: Waiting and leaving

    func watch(reading: Bool, writing: Bool) {
        var interest = Socket.Interest.hangup
        if reading { interest = interest.union(stream.readInterest) }
        if writing { interest = interest.union(stream.writeInterest) }
        stream.socket.interest = interest
    }

    func unwatch() { stream.socket.interest = .none }
    var hasLeft: Bool { stream.socket.hasHungUp }
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { (stream, inflow.takeBuffer()) }
}
