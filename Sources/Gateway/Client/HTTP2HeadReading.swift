import HTTP
import HTTP2
import Messages
import WebSocket

/// How a session takes up the requests that come on its streams.
extension HTTP2Session: HTTP2Acceptor {
    var headLimits: HeadLimits { endpoint.limits.head }

    func received(_ fields: consuming RequestFields, on stream: HTTP2Stream) -> RequestHead? {
        let hasBody = !stream.inflow.hasEnded
        let head = resources.heads.acquireRequest()
        let kind = fields.conclude(allowsExtendedConnect: http2.offersWebSockets)
        var malformation = fields.malformation
        let refusal = parse(fields, kind, hasBody: hasBody && kind == .request, into: head)
        http2.keep(fields)
        let declared: UInt64? = if case .length(let count) = head.framing { count } else { nil }
        if !hasBody, declared ?? 0 > 0, malformation == nil { malformation = .contentLengthDisagrees }
        stream.inflow.begin(declared: hasBody ? declared : nil, isTunnel: kind == .webSocket)
        let failure = malformation.map { Failure(HTTPRefusal($0)) } ?? refusal
        let side = HTTP2Side(
            stream, head, number: begin(), refusal: failure, isMalformed: malformation != nil, of: self)
        resources.streamTasks.begin(side)
        // A WebSocket's head has a key that is drawn for it.
        return failure == nil && kind == .request ? head : nil
    }

    func receivedAgain(_ known: RequestHead, on stream: HTTP2Stream) {
        let head = resources.heads.acquireRequest()
        head.copy(known)
        if !stream.inflow.hasEnded, case .length(let declared) = head.framing { stream.inflow.begin(declared: declared) }
        resources.streamTasks.begin(HTTP2Side(stream, head, number: begin(), refusal: nil, isMalformed: false, of: self))
    }

    /// Reads the head as HTTP/1.1 would have it.
    /// - Returns: why it is refused; nil if it is not.
    private func parse(
        _ fields: borrowing RequestFields, _ kind: RequestFields.Kind, hasBody: Bool, into head: RequestHead
    ) -> Failure? {
        head.comesByHTTP2()
        var text = resources.acquireLines()
        fields.appendHead(kind, hasBody: hasBody, key: Handshake.newKey, to: &text)
        let refusal = refusal(of: text.span, read: fields, into: head)
        resources.release(lines: &text)
        return refusal ?? (kind == .otherProtocol ? Failure(HTTPRefusal(.connectProtocolUnknown)) : nil)
    }

    private func refusal(
        of text: Span<UInt8>, read fields: borrowing RequestFields, into head: RequestHead
    ) -> Failure? {
        // What is put together here is longer than what came by some words of our own.
        var limits = endpoint.limits.head
        limits.maxHeadBytes += 256
        limits.maxFields += 8
        do throws(HTTPRefusal) {
            _ = try head.parse(text, limits: limits)
        } catch {
            return Failure(fields.excess.map { HTTPRefusal($0) } ?? error)
        }
        return fields.excess.map { Failure(HTTPRefusal($0)) }
    }
}
