import HTTP
import HTTP2

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
        stream.takeNumber(numbers.takeNext(), window: peer.initialWindowSize)
        stream.answer.isToHead = isToHead
        stream.answer.switching = switching
        streams.append(stream)
        earnControlFrames(HTTP2FloodLimits.framesPerRequestSent)
    }

    /// Are there numbers for further streams?
    package var hasNumbers: Bool { numbers.hasMore }

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
        guard numbers.hasOpened(header.stream) else { throw ConnectionError(.protocolError, "HEADERS on a stream that is idle") }
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
        // RFC 9110 §9.3.6: whatever the answer to a CONNECT says of a length is ignored.
        stream.inflow.begin(declared: isTunnel ? nil : isBodiless ? 0 : declared, isTunnel: isTunnel)
        if endsStream { try end(stream) } else { stream.becameReadable() }
    }

    // MARK: The server's leaving

    /// GOAWAY: what it has not looked at may be sent again elsewhere (RFC 9113 §8.7).
    func receiveGoAway(_ payload: Span<UInt8>) {
        // Taken out and put back: price 1.
        var state = leaving
        let last = state.receive(HTTP2GoAway(reading: payload))
        leaving = state
        for stream in streams.all where stream.identifier > last {
            forget(stream)
            stream.wasReset(.refusedStream)
        }
    }
}
