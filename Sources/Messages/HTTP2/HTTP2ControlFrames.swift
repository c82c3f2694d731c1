import HTTP2

/// The frames that carry no message, RFC 9113 §6.3 to §6.9.
extension HTTP2Connection {
    func handleSettings(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard header.stream == 0 else { throw ConnectionError(.protocolError, "SETTINGS on a stream") }
        if header.has(.endStreamOrAck) {
            guard payload.isEmpty else { throw ConnectionError(.frameSizeError, "an acknowledgement with settings") }
            return try countControlFrame()
        }
        if order.hasSettings { try countControlFrame() }
        order.settingsCame()
        let before = peer.initialWindowSize
        try peer.apply(payload, isServers: role == .client)
        let change = peer.initialWindowSize - before
        // RFC 9113 §6.9.2: it holds for the streams that are open, too.
        if change != 0 {
            for stream in streams.all where !stream.outflow.widen(change) {
                throw ConnectionError(.flowControlError, "INITIAL_WINDOW_SIZE makes a window too large")
            }
        }
        output.append { Frames.appendSettingsAck(to: &$0) }
        flushSoon()
    }

    func handlePing(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard header.stream == 0 else { throw ConnectionError(.protocolError, "PING on a stream") }
        guard payload.count == 8 else { throw ConnectionError(.frameSizeError, "a PING of \(payload.count) bytes") }
        try countControlFrame()
        if header.has(.endStreamOrAck) {
            if payload.indices.allSatisfy({ payload[$0] == Self.pingPayload[$0] }) { isPingUnanswered = false }
            return
        }
        output.append { Frames.appendPing(payload, isAck: true, to: &$0) }
        flushSoon()
    }

    private static let pingPayload = Array("are-you?".utf8)

    /// Asks whether the peer is there, RFC 9113 §6.7.
    package func sendPing() {
        isPingUnanswered = true
        output.append { Frames.appendPing(Self.pingPayload.span, isAck: false, to: &$0) }
        flushSoon()
    }

    func handleWindowUpdate(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard payload.count == 4 else { throw ConnectionError(.frameSizeError, "a WINDOW_UPDATE of \(payload.count) bytes") }
        try countControlFrame()
        let increment = Int(BigEndian.uint32(payload, at: 0) & 0x7FFF_FFFF)
        if header.stream == 0 {
            guard increment > 0 else { throw ConnectionError(.protocolError, "a WINDOW_UPDATE of nothing") }
            output.window.widen(increment)
            guard !output.window.isTooLarge else {
                throw ConnectionError(.flowControlError, "the connection's window is too large")
            }
            return flushSoon()
        }
        guard let stream = streams[header.stream] else { return try checkIsKnown(header.stream, "WINDOW_UPDATE") }
        guard increment > 0 else { return try resetStream(header.stream, .protocolError, because: "a WINDOW_UPDATE of nothing") }
        if !stream.outflow.widen(increment) { try resetStream(header.stream, .flowControlError) }
    }

    func handleReset(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard payload.count == 4 else { throw ConnectionError(.frameSizeError, "an RST_STREAM of \(payload.count) bytes") }
        guard header.stream != 0 else { throw ConnectionError(.protocolError, "RST_STREAM on stream 0") }
        try checkIsKnown(header.stream, "RST_STREAM")
        // A server can reset no more streams than were opened to it.
        guard let stream = streams[header.stream] else { return try role == .server ? countReset() : countControlFrame() }
        if role == .server { try countReset() }
        forget(stream)
        stream.wasReset(ErrorCode(rawValue: BigEndian.uint32(payload, at: 0)) ?? .cancel, keepsAnswer: true)
    }

    /// RFC 9113 §5.3.2: deprecated, and without effect.
    func handlePriority(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard header.stream != 0 else { throw ConnectionError(.protocolError, "PRIORITY on stream 0") }
        try countControlFrame()
        guard payload.count == 5 else { return try refuse(header.stream, .frameSizeError) }
        let dependency = BigEndian.uint32(payload, at: 0) & 0x7FFF_FFFF
        if dependency == header.stream { try refuse(header.stream, .protocolError) }
    }

    /// RFC 9113 §6.4: a stream that is idle cannot be reset.
    private func refuse(_ stream: UInt32, _ code: ErrorCode) throws(ConnectionError) {
        guard numbers.hasOpened(stream) else { throw ConnectionError(code, "PRIORITY on a stream that is idle") }
        try resetStream(stream, code)
    }

    /// Takes a PRIORITY_UPDATE frame (RFC 9218 §7.1): the priority of a stream, which may not be open yet.
    func handlePriorityUpdate(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard role == .server else { throw ConnectionError(.protocolError, "a server sends PRIORITY_UPDATE") }
        guard header.stream == 0 else { throw ConnectionError(.protocolError, "PRIORITY_UPDATE on a stream") }
        guard payload.count >= 4 else { throw ConnectionError(.frameSizeError, "a PRIORITY_UPDATE of \(payload.count) bytes") }
        try countControlFrame()
        let identifier = BigEndian.uint32(payload, at: 0) & 0x7FFF_FFFF
        // Streams of an even number are pushed, which we never do: they are idle for ever.
        guard identifier % 2 == 1 else { throw ConnectionError(.protocolError, "PRIORITY_UPDATE for stream \(identifier)") }
        let priority = Priority(payload.extracting(droppingFirst: 4))
        if numbers.hasOpened(identifier) {
            streams[identifier]?.priority = priority
        } else if !isBeyondGoAway(identifier) {
            // RFC 9218 §7.1: with those that are open no more than may be open.
            let limit = limits.maxStreams - streams.count
            let early = earlyPriorities ?? HTTP2EarlyPriorities()
            earlyPriorities = early
            guard early.keep(priority, of: identifier, limit: limit) else {
                throw ConnectionError(.protocolError, "priorities of too many streams that are idle", key: "limits.http2_streams")
            }
        }
    }

    func handleGoAway(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard header.stream == 0 else { throw ConnectionError(.protocolError, "GOAWAY on a stream") }
        guard payload.count >= 8 else { throw ConnectionError(.frameSizeError, "a GOAWAY of \(payload.count) bytes") }
        try countControlFrame()
        // A client's streams go on; that it opens no others is its own affair.
        if role == .client { receiveGoAway(payload) }
    }
}
