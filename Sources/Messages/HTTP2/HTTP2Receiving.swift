import HTTP
import HTTP2

/// A field section of which not all frames have come.
struct FieldSectionInProgress {
    enum Content {
        case request, answer, trailers
        /// Nobody takes it: it is decoded for the table's sake alone (RFC 9113 §4.3).
        case nothing
    }

    let stream: UInt32
    let endsStream: Bool
    /// When its first frame came, in monotonic nanoseconds.
    let since: UInt64
    var content = Content.nothing
    /// Encoded bytes and frames that have come.
    var size = 0
    var frames = 0
}

/// A DATA frame of which not all has come.
struct DataInProgress {
    /// Nil when nobody is there to take it.
    let stream: HTTP2Stream?
    var payloadLeft: Int
    var paddingLeft: Int
    let endsStream: Bool
}

/// What is done with the bytes that come.
extension HTTP2Connection {
    /// Acts on as much as is there.
    /// - Returns: how many bytes were used.
    func act(on bytes: Span<UInt8>) throws(ConnectionError) -> Int {
        var used = 0
        if !hasPreface {
            guard try checkPreface(bytes) else { return 0 }
            used = Self.preface.count
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

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// Checks what has come of the client's preface (RFC 9113 §3.4).
    /// - Returns: false while it is not whole.
    private func checkPreface(_ bytes: Span<UInt8>) throws(ConnectionError) -> Bool {
        guard Self.beginsWithPreface(bytes) != false else {
            throw ConnectionError(.protocolError, "the connection does not begin with the preface")
        }
        hasPreface = bytes.count >= Self.preface.count
        return hasPreface
    }

    /// Do a connection's first bytes say that it is HTTP/2's? Nil as long as too few have come to tell.
    package static func beginsWithPreface(_ bytes: Span<UInt8>) -> Bool? {
        for index in 0..<min(bytes.count, preface.count) where bytes[index] != preface[index] { return false }
        return bytes.count >= preface.count ? true : nil
    }

    /// - Returns: nil if more has to come first.
    private func takeFrame(_ bytes: Span<UInt8>) throws(ConnectionError) -> Int? {
        guard bytes.count >= FrameHeader.size else { return nil }
        if role == .client, !hasSettings { try checkIsHTTP2(bytes) }
        let header = FrameHeader(reading: bytes)
        guard header.length <= FrameHeader.usualPayload else {
            throw ConnectionError(.frameSizeError, "a frame of \(header.length) bytes")
        }
        let type = FrameType(rawValue: header.type)
        try checkOrder(header, type)
        // Here and below: two optionals are compared by a call (price 3).
        if case .data? = type { return try beginData(header, bytes) }
        let end = FrameHeader.size + header.length
        guard bytes.count >= end else { return nil }
        try handle(header, type, bytes.extracting(FrameHeader.size..<end))
        return end
    }

    /// RFC 9113 §3.4: SETTINGS first; §6.10: nothing between the frames of a field section.
    private func checkOrder(_ header: FrameHeader, _ type: FrameType?) throws(ConnectionError) {
        if !hasSettings {
            guard type == .settings, !header.has(.endStreamOrAck) else {
                throw ConnectionError(.protocolError, "the first frame is no SETTINGS")
            }
        }
        if let section {
            guard type == .continuation, header.stream == section.stream else {
                throw ConnectionError(.protocolError, "a field section is interrupted")
            }
        } else if case .continuation? = type {
            throw ConnectionError(.protocolError, "a CONTINUATION continues nothing")
        }
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
        var used = FrameHeader.size
        var padding = 0
        if header.has(.padded) {
            guard header.length > 0 else { throw ConnectionError(.frameSizeError, "no room for the length of padding") }
            guard bytes.count > used else { return nil }
            padding = Int(bytes[used])
            used += 1
            guard padding < header.length else { throw ConnectionError(.protocolError, "more padding than payload") }
        }
        try chargeConnection(header.length)
        let payload = header.length - (used - FrameHeader.size) - padding
        if payload == 0, !header.has(.endStreamOrAck) { try countControlFrame() }
        let stream = try receiver(of: header)
        if let stream {
            if let error = stream.inflow.refuses(header.length, payload: payload) {
                try resetStream(header.stream, error, because: error == .protocolError ? Self.tooLong : Self.beyondWindow)
                data = DataInProgress(stream: nil, payloadLeft: payload, paddingLeft: padding, endsStream: false)
                return used
            }
            stream.inflow.creditUnused(header.length - payload)
        }
        let endsStream = header.has(.endStreamOrAck)
        if padding == 0, bytes.count - used >= payload {
            // All of it is there, as nearly always of small bodies.
            if payload > 0 { deliver(bytes.extracting(used..<used + payload), to: stream) }
            if endsStream, let stream, !stream.hasLeft { try end(stream) }
            return used + payload
        }
        data = DataInProgress(stream: stream, payloadLeft: payload, paddingLeft: padding, endsStream: endsStream)
        return used
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
        let count = min(frame.payloadLeft, bytes.count)
        if count > 0 {
            frame.payloadLeft -= count
            deliver(bytes.extracting(first: count), to: frame.stream)
        }
        let padding = frame.payloadLeft == 0 ? min(frame.paddingLeft, bytes.count - count) : 0
        frame.paddingLeft -= padding
        if frame.isOver {
            if frame.endsStream, let stream = frame.stream, !stream.hasLeft { try end(stream) }
        } else {
            data = frame
        }
        return count + padding
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

extension DataInProgress {
    var isOver: Bool { payloadLeft == 0 && paddingLeft == 0 }
}
