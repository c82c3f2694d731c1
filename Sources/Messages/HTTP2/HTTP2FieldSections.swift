import HTTP
import HTTP2

/// HEADERS and CONTINUATION, RFC 9113 §6.2 and §6.10.
extension HTTP2Connection {
    func handleHeaders(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard header.stream != 0 else { throw ConnectionError(.protocolError, "HEADERS on stream 0") }
        guard header.stream % 2 == 1 else { throw ConnectionError(.protocolError, "a client opens a stream of an even number") }
        let fragment = try fragment(header, payload)
        section = try begin(header)
        try take(payload.extracting(fragment), isLast: header.has(.endHeaders))
    }

    func handleContinuation(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        try take(payload, isLast: header.has(.endHeaders))
    }

    /// What of a HEADERS frame is the encoded fields.
    private func fragment(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) -> Range<Int> {
        var start = 0
        var end = payload.count
        if header.has(.padded) {
            guard !payload.isEmpty else { throw ConnectionError(.frameSizeError, "no room for the length of padding") }
            start = 1
            end -= Int(payload[0])
        }
        if header.has(.priority) {
            guard payload.count >= start + 5 else { throw ConnectionError(.frameSizeError, "no room for a priority") }
            let dependency = BigEndian.uint32(payload, at: start) & 0x7FFF_FFFF
            // RFC 7540 §5.3.1, which RFC 9113 §5.3.2 leaves standing in so far as the fields are still parsed.
            guard dependency != header.stream else { throw ConnectionError(.protocolError, "a stream depends on itself") }
            start += 5
        }
        guard start <= end else { throw ConnectionError(.protocolError, "more padding than payload") }
        return start..<end
    }

    private func begin(_ header: FrameHeader) throws(ConnectionError) -> FieldSectionInProgress {
        var section = FieldSectionInProgress(stream: header.stream, endsStream: header.has(.endStreamOrAck), since: now)
        if header.stream > lastStream {
            // RFC 9113 §6.8: what comes after our last GOAWAY is ignored.
            if let goneAway, header.stream > goneAway { return section }
            lastStream = header.stream
            section.request = RequestFields(limits: limits.head, storage: exchange(&spareFields, with: []))
        } else if let stream = streams[header.stream] {
            guard !stream.inflow.hasEnded else {
                throw ConnectionError(.streamClosed, "HEADERS on a stream that its sender has ended")
            }
            section.trailers = TrailerFields(limits: limits.trailers)
        } else if !recentlyReset.contains(header.stream) {
            throw ConnectionError(.streamClosed, "HEADERS on a stream that is closed")
        }
        return section
    }

    private func take(_ fragment: Span<UInt8>, isLast: Bool) throws(ConnectionError) {
        guard var open = section.take() else { return }
        open.size += fragment.count
        open.frames += 1
        guard open.size <= 2 * limits.head.maxHeadBytes, open.frames <= Self.maxFrames(of: limits.head) else {
            throw ConnectionError(.enhanceYourCalm, "a field section without an end", key: "limits.max_head_bytes")
        }
        try decoder.decode(fragment, isLast: isLast) { name, value in
            open.request?.add(name: name, value: value)
            open.trailers?.add(name: name, value: value)
        }
        if isLast { try conclude(open) } else { section = open }
    }

    /// Nobody needs more to send as much as is taken, even in pieces of half a kilobyte.
    private static func maxFrames(of head: HeadLimits) -> Int { 8 + head.maxHeadBytes / 512 }

    private func conclude(_ section: consuming FieldSectionInProgress) throws(ConnectionError) {
        let (stream, endsStream) = (section.stream, section.endsStream)
        if let fields = section.request.take() {
            try open(fields, stream, endsStream: endsStream)
        } else if let trailers = section.trailers.take() {
            try conclude(trailers, stream, endsStream: endsStream)
        }
    }

    private func conclude(_ trailers: TrailerFields, _ identifier: UInt32, endsStream: Bool) throws(ConnectionError) {
        guard let stream = streams[identifier] else { return }
        guard endsStream, trailers.malformation == nil else { return try resetStream(identifier, .protocolError) }
        try end(
            stream, trailers: trailers.fields, refusal: trailers.isTooLarge ? HTTPRefusal(.trailersTooLarge) : nil)
    }

    private func open(_ fields: consuming RequestFields, _ identifier: UInt32, endsStream: Bool) throws(ConnectionError) {
        let earlyPriority = earlyPriorities.take(of: identifier)
        // Those that were reset are counted as long as work is done for them.
        guard max(streams.count, runningExchanges) < limits.maxStreams else {
            return try resetStream(identifier, .refusedStream)
        }
        let stream = HTTP2Stream(identifier, of: self)
        // RFC 9218 §7: the frame says more than the field does.
        stream.priority = earlyPriority ?? fields.priority
        streams.append(stream)
        if endsStream { _ = stream.inflow.end() }
        acceptor?.received(fields, on: stream)
    }
}
