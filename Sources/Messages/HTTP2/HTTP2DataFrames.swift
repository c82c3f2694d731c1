import HTTP
import HTTP2

/// DATA, RFC 9113 §6.1.
extension HTTP2Connection {
    /// A DATA frame begins. Of a short one all is taken at once, of others what comes next is `takeData`'s.
    /// - Returns: how many bytes were used; nil if more has to come first.
    func beginData(_ header: FrameHeader, _ bytes: Span<UInt8>) throws(ConnectionError) -> Int? {
        guard header.stream != 0 else { throw ConnectionError(.protocolError, "DATA on stream 0") }
        guard let content = try header.dataContent(bytes) else { return nil }
        let (start, payload, padding) = (content.start, content.payload, content.padding)
        try chargeConnection(header.length)
        if payload == 0, !header.has(.endStreamOrAck) { try countControlFrame() }
        let stream = try receiver(of: header)
        if let stream {
            if let error = stream.inflow.refuses(header.length, payload: payload) {
                let isTooLong = error == .protocolError
                try resetStream(
                    header.stream, error, because: isTooLong ? Self.tooLong : Self.beyondWindow,
                    malformation: isTooLong ? .contentLengthDisagrees : nil)
                data = DataInProgress(stream: nil, payload: payload, padding: padding, endsStream: false)
                return start
            }
            stream.inflow.creditUnused(header.length - payload)
        }
        let endsStream = header.has(.endStreamOrAck)
        if padding == 0, bytes.count - start >= payload {
            // All of it is there, as nearly always of small bodies.
            if payload > 0 { deliver(bytes.extracting(start..<start + payload), to: stream) }
            if endsStream, let stream, !stream.hasLeft { try end(stream) }
            return start + payload
        }
        data = DataInProgress(stream: stream, payload: payload, padding: padding, endsStream: endsStream)
        return start
    }

    private static let tooLong = "the body is longer than content-length says"
    private static let beyondWindow = "more DATA than the stream's window"

    /// DATA is charged to the connection's window, whoever takes it.
    private func chargeConnection(_ count: Int) throws(ConnectionError) {
        guard let due = receiveWindow.charge(count) else {
            throw ConnectionError(.flowControlError, "more DATA than the connection's window")
        }
        if due > 0 { sendCredit(0, due) }
    }

    /// Who takes a DATA frame's payload; nil if nobody does any more.
    private func receiver(of header: FrameHeader) throws(ConnectionError) -> HTTP2Stream? {
        if let stream = streams[header.stream] {
            guard !stream.inflow.hasEnded else {
                try resetStream(header.stream, .streamClosed)
                return nil
            }
            guard role == .server || stream.answer.isFinal else {
                try resetStream(header.stream, .protocolError, because: "DATA came before the answer's head")
                return nil
            }
            return stream
        }
        try checkIsKnown(header.stream, "DATA")
        if isBeyondGoAway(header.stream) { return nil }
        // Requests are given up all the time, and what was under way then is nothing to answer. It is as much as a window holds,
        // thousands of frames of those that are sent well; only small ones cost us more than their sender.
        if role == .client {
            if header.length < HTTP2FloodLimits.worthwhile || !recentResets.contains(header.stream) { try countControlFrame() }
            return nil
        }
        if !recentResets.contains(header.stream) { try resetStream(header.stream, .streamClosed) }
        return nil
    }

    /// More has come of the DATA frame under way.
    /// - Returns: how many bytes were used.
    func takeData(_ bytes: Span<UInt8>) throws(ConnectionError) -> Int? {
        guard var frame = data.take() else { return 0 }
        let (payload, padding) = frame.take(of: bytes.count)
        if payload > 0 { deliver(bytes.extracting(first: payload), to: frame.stream) }
        if frame.isOver {
            if frame.endsStream, let stream = frame.stream, !stream.hasLeft { try end(stream) }
        } else {
            data = frame
        }
        return payload + padding
    }

    private func deliver(_ payload: Span<UInt8>, to stream: HTTP2Stream?) {
        guard let stream, !stream.hasLeft else { return }
        if stream.isAbandoned { return stream.inflow.creditUnused(payload.count) }
        stream.inflow.append(payload)
        stream.becameReadable()
    }

    /// Ends the receiving half of a stream, whose END_STREAM has come.
    func end(
        _ stream: HTTP2Stream, trailers: FieldSection? = nil, refusal: HTTPRefusal? = nil
    ) throws(ConnectionError) {
        guard stream.inflow.end(trailers: trailers, refusal: refusal) || stream.isAbandoned else {
            return try resetStream(
                stream.identifier, .protocolError, because: "the body is shorter than content-length says",
                malformation: .contentLengthDisagrees)
        }
        stream.becameReadable()
        streamEnded(stream)
    }
}
