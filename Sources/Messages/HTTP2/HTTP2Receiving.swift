import HTTP
import HTTP2

/// What is done with the bytes that come.
extension HTTP2Connection {
    /// Acts on as much as is there.
    /// - Returns: how many bytes were used.
    func act(on bytes: Span<UInt8>) throws(ConnectionError) -> Int {
        var used = 0
        if !order.hasPreface {
            guard try HTTP2Preface.isWhole(in: bytes) else { return 0 }
            order.prefaceCame()
            used = HTTP2Preface.bytes.count
        }
        var ended = 0
        while used < bytes.count || data?.isOver == true {
            let rest = bytes.extracting(droppingFirst: used)
            let count = try data == nil ? takeFrame(rest) : takeData(rest)
            guard let count else { break }
            used += count
            if data == nil { ended += 1 }
        }
        wholeFrames &+= ended
        return used
    }

    /// - Returns: nil if more has to come first.
    private func takeFrame(_ bytes: Span<UInt8>) throws(ConnectionError) -> Int? {
        guard bytes.count >= FrameHeader.size else { return nil }
        if role == .client, !order.hasSettings { try checkIsHTTP2(bytes) }
        let header = FrameHeader(reading: bytes)
        guard header.length <= FrameHeader.usualPayload else {
            throw ConnectionError(.frameSizeError, "a frame of \(header.length) bytes")
        }
        let type = FrameType(rawValue: header.type)
        try order.check(header, type, within: section?.stream)
        // Here and in `HTTP2FrameOrder`: two optionals are compared by a call (price 3).
        if case .data? = type { return try beginData(header, bytes) }
        let end = FrameHeader.size + header.length
        guard bytes.count >= end else { return nil }
        try handle(header, type, bytes.extracting(FrameHeader.size..<end))
        return end
    }

    private func handle(
        _ header: FrameHeader, _ type: FrameType?, _ payload: Span<UInt8>
    ) throws(ConnectionError) {
        switch type {
        case .headers: try handleHeaders(header, payload)
        case .continuation: try handleContinuation(header, payload)
        case .settings: try handleSettings(header, payload)
        case .ping: try handlePing(header, payload)
        case .windowUpdate: try handleWindowUpdate(header, payload)
        case .rstStream: try handleReset(header, payload)
        case .priority: try handlePriority(header, payload)
        case .priorityUpdate: try handlePriorityUpdate(header, payload)
        case .goAway: try handleGoAway(header, payload)
        // RFC 9113 §8.4: a client cannot, and a server was told not to.
        case .pushPromise: throw ConnectionError(.protocolError, "a \(role == .server ? "client" : "server") pushes")
        // RFC 9113 §4.1: frames of unknown types are ignored; but they are not free.
        case .data, nil: try countControlFrame()
        }
    }

    // MARK: DATA

    private func beginData(_ header: FrameHeader, _ bytes: Span<UInt8>) throws(ConnectionError) -> Int? {
        guard header.stream != 0 else { throw ConnectionError(.protocolError, "DATA on stream 0") }
        guard let content = try header.dataContent(bytes) else { return nil }
        let (start, payload, padding) = (content.start, content.payload, content.padding)
        try chargeConnection(header.length)
        if payload == 0, !header.has(.endStreamOrAck) { try countControlFrame() }
        let stream = try receiver(of: header)
        if let stream {
            if let error = stream.inflow.refuses(header.length, payload: payload) {
                try resetStream(header.stream, error, because: error == .protocolError ? Self.tooLong : Self.beyondWindow)
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
        // Requests are given up all the time, and what was under way then is nothing to answer.
        if role == .client {
            try countControlFrame()
            return nil
        }
        if !recentResets.contains(header.stream) { try resetStream(header.stream, .streamClosed) }
        return nil
    }

    /// RFC 9113 §6.8: of a client's streams that it opened before it had seen our last GOAWAY all is ignored. Others go on.
    func isBeyondGoAway(_ identifier: UInt32) -> Bool {
        guard role == .server, let last = leaving.sent else { return false }
        return identifier > last && identifier % 2 == 1
    }

    /// RFC 9113 §5.1.1: streams that the client has not opened, or could not, are idle.
    func checkIsKnown(_ identifier: UInt32, _ frame: String) throws(ConnectionError) {
        if isBeyondGoAway(identifier) { return try countControlFrame() }
        guard numbers.hasOpened(identifier) else {
            throw ConnectionError(.protocolError, "\(frame) on a stream that is idle")
        }
    }

    private func takeData(_ bytes: Span<UInt8>) throws(ConnectionError) -> Int? {
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
                stream.identifier, .protocolError, because: "the body is shorter than content-length says")
        }
        stream.becameReadable()
        streamEnded(stream)
    }
}
