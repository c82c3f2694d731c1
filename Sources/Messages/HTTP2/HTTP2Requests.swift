import HTTP
package import HTTP2

/// What a server has said in GOAWAY (RFC 9113 §6.8): it takes no requests beyond those that are under way.
package struct HTTP2GoAway: Sendable {
    /// The highest stream that it has acted on, or may.
    package let last: UInt32
    /// `.internalError` for one that is not known.
    package let code: ErrorCode
    /// In its own words, printable ASCII, at most 128 of them.
    package let debugData: String
}

/// What a client does: requests out, answers in.
extension HTTP2Connection {
    // MARK: Requests

    /// A stream for a request. It gets its number when it is opened, since numbers must go out in their order.
    package func makeRequestStream() -> HTTP2Stream {
        beginExchange()
        return makeStream(0)
    }

    /// Opens the stream: its field section must go out next.
    /// - Parameters:
    ///   - isToHead: the request is a HEAD.
    ///   - switching: for an extended CONNECT: the lines that HTTP/1.1's 101 would have.
    package func open(_ stream: HTTP2Stream, isToHead: Bool, switching: [UInt8] = []) {
        guard failure == nil, !hasReceivedGoAway, breakage == nil, hasNumbers else { return stream.wasReset(.refusedStream) }
        lastStream += lastStream == 0 ? 1 : 2
        stream.takeNumber(lastStream, window: peer.initialWindowSize)
        stream.answer.isToHead = isToHead
        stream.answer.switching = switching
        streams.append(stream)
        earnControlFrames(HTTP2FloodLimits.framesPerRequestSent)
    }

    /// RFC 9113 §5.1.1: when a connection's numbers are used up another one is needed.
    package var hasNumbers: Bool { lastStream < FlowControl.maxWindow - 2 }

    // MARK: Answers

    /// A server that answers the preface in HTTP/1 says so in its first bytes.
    func checkIsHTTP2(_ bytes: Span<UInt8>) throws(ConnectionError) {
        let isHTTP1 = bytes[0] == 0x48 && bytes[1] == 0x54 && bytes[2] == 0x54 && bytes[3] == 0x50
        if isHTTP1 {
            throw ConnectionError(.protocolError, "the server answers in HTTP/1", key: "sites.proxy.upstreams.http_version")
        }
    }

    /// What a field section is that a server sends.
    func contentFromServer(_ header: FrameHeader) throws(ConnectionError) -> FieldSectionInProgress.Content {
        guard header.stream <= lastStream else { throw ConnectionError(.protocolError, "HEADERS on a stream that is idle") }
        guard let stream = streams[header.stream] else {
            // Of a request that was given up.
            try countControlFrame()
            return .nothing
        }
        guard !stream.inflow.hasEnded else {
            try resetStream(header.stream, .streamClosed)
            return .nothing
        }
        return stream.answer.isFinal ? .trailers : .answer
    }

    /// An answer's field section, final or interim, has come, and all of it.
    func receive(
        _ fields: consuming ResponseFields, _ identifier: UInt32, endsStream: Bool
    ) throws(ConnectionError) {
        let (status, refusal, declared) = (fields.status, fields.refusal, fields.declaredLength)
        guard let stream = streams[identifier] else { return spareFields = fields.takeStorage() }
        if let refusal {
            stream.answer.refusal = HTTPRefusal(refusal, from: .upstream)
            spareFields = fields.takeStorage()
            return try resetStream(identifier, .protocolError)
        }
        let isFinal = status >= 200
        let switches = 200..<300 ~= status && !stream.answer.switching.isEmpty
        // Interim heads that nobody takes must not pile up.
        let isTaken = stream.answer.append(
            fields, isFinal: isFinal, switches: switches, limit: 4 * (limits.head.maxHeadBytes + 1024))
        spareFields = fields.takeStorage()
        guard isTaken else {
            stream.answer.refusal = HTTPRefusal(.tooManyInterimHeads, from: .upstream)
            return try resetStream(identifier, .enhanceYourCalm)
        }
        if isFinal { return try beginBody(of: stream, status, declared, isTunnel: switches, endsStream: endsStream) }
        guard endsStream else { return stream.becameReadable() }
        try resetStream(identifier, .protocolError, because: "the answer ended with an interim head")
    }

    /// A final head has come.
    /// - Parameters:
    ///   - declared: its `content-length`, if it has one.
    ///   - isTunnel: what follows is no body.
    func beginBody(
        of stream: HTTP2Stream, _ status: Int, _ declared: UInt64?, isTunnel: Bool = false, endsStream: Bool
    ) throws(ConnectionError) {
        let isBodiless = stream.answer.isToHead || status == 204 || status == 304
        stream.inflow.begin(declared: isBodiless ? 0 : declared, isTunnel: isTunnel)
        if endsStream { try end(stream) } else { stream.becameReadable() }
    }

    // MARK: The server's leaving

    /// GOAWAY: what it has not looked at may be sent again elsewhere (RFC 9113 §8.7).
    func receiveGoAway(_ payload: Span<UInt8>) {
        let bytes = payload.extracting(droppingFirst: 8)
        var text = ""
        for index in 0..<min(bytes.count, 128) where 0x20...0x7E ~= bytes[index] {
            text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
        }
        let said = BigEndian.uint32(payload, at: 0) & 0x7FFF_FFFF
        // RFC 9113 §6.8: it may be lowered, never raised.
        let last = min(said, receivedGoAway?.last ?? said)
        let code = ErrorCode(rawValue: BigEndian.uint32(payload, at: 4)) ?? .internalError
        receivedGoAway = HTTP2GoAway(last: last, code: code, debugData: text)
        for stream in streams.all where stream.identifier > last {
            forget(stream)
            stream.wasReset(.refusedStream)
        }
    }
}
