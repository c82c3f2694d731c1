import HTTP
import HTTP2

/// HEADERS and CONTINUATION, RFC 9113 §6.2 and §6.10.
extension HTTP2Connection {
    func handleHeaders(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard header.stream != 0 else { throw ConnectionError(.protocolError, "HEADERS on stream 0") }
        guard header.stream % 2 == 1 else {
            throw ConnectionError(.protocolError, "a \(role == .server ? "client" : "server") opens a stream of an even number")
        }
        let fragment = try header.fieldBlock(payload)
        try take(payload.extracting(fragment), of: begin(header), isLast: header.has(.endHeaders))
    }

    func handleContinuation(_ header: FrameHeader, _ payload: Span<UInt8>) throws(ConnectionError) {
        guard let section = section.take() else { return }
        try take(payload, of: section, isLast: header.has(.endHeaders))
    }

    private func begin(_ header: FrameHeader) throws(ConnectionError) -> FieldSectionInProgress {
        var section = FieldSectionInProgress(stream: header.stream, endsStream: header.has(.endStreamOrAck), since: now)
        if role == .client {
            section.content = try contentFromServer(header)
            return section
        }
        if !numbers.hasOpened(header.stream) {
            if isBeyondGoAway(header.stream) {
                try countControlFrame()
                return section
            }
            numbers.open(header.stream)
            section.content = .request
        } else if let stream = streams[header.stream] {
            guard !stream.inflow.hasEnded else {
                throw ConnectionError(.streamClosed, "HEADERS on a stream that its sender has ended")
            }
            section.content = .trailers
        } else {
            guard recentResets.contains(header.stream) else {
                throw ConnectionError(.streamClosed, "HEADERS on a stream that is closed")
            }
            // Trailers that were under way are one. Each is decoded for the table's sake, and nobody takes it.
            try countControlFrame()
        }
        return section
    }

    private func take(
        _ fragment: Span<UInt8>, of begun: FieldSectionInProgress, isLast: Bool
    ) throws(ConnectionError) {
        var begun = begun
        try begun.add(fragment, limits: limits.head)
        guard isLast else {
            section = begun
            return try decoder.decode(fragment, isLast: false) { _, _, _ in }
        }
        let repeats = begun.isOneFrame ? repeated() : nil
        switch begun.content {
        case .request:
            if let repeats, try takeRepeatedRequest(fragment, begun, repeats) { return }
            var fields = RequestFields(limits: limits.head, storage: exchange(&spareFields, with: []))
            try decoder.decode(fragment, isLast: true) { fields.add(name: $0, value: $1, index: $2) }
            let priority = fields.priority
            let head = try open(fields, begun.stream, endsStream: begun.endsStream)
            repeats?.note(
                fragment, endsStream: begun.endsStream, decoder,
                request: {
                    guard let head, let acceptor else { return nil }
                    return HTTP2RepeatedRequest(head, priority, acceptor.headLimits)
                })
        case .answer:
            if let repeats, try takeRepeatedAnswer(fragment, begun, repeats) { return }
            var fields = ResponseFields(limits: limits.head, storage: exchange(&spareFields, with: []))
            try decoder.decode(fragment, isLast: true) { fields.add(name: $0, value: $1, index: $2) }
            fields.conclude()
            if fields.refusal == nil, fields.status >= 200 {
                repeats?.note(fragment, endsStream: begun.endsStream, decoder, answer: { HTTP2RepeatedAnswer(fields) })
            }
            try receive(fields, begun.stream, endsStream: begun.endsStream)
        case .trailers:
            if let repeats, try takeRepeatedTrailers(fragment, begun, repeats) { return }
            var trailers = TrailerFields(limits: limits.trailers)
            try decoder.decode(fragment, isLast: true) { trailers.add(name: $0, value: $1, index: $2) }
            if begun.endsStream, trailers.malformation == nil, !trailers.isTooLarge {
                repeats?.note(fragment, decoder, trailers: { trailers.fields })
            }
            try conclude(trailers, begun.stream, endsStream: begun.endsStream)
        case .nothing:
            try decoder.decode(fragment, isLast: true) { _, _, _ in }
        }
    }

    private func conclude(_ trailers: TrailerFields, _ identifier: UInt32, endsStream: Bool) throws(ConnectionError) {
        guard let stream = streams[identifier] else { return }
        guard endsStream, trailers.malformation == nil else {
            return try resetStream(
                identifier, .protocolError, because: "malformed trailers",
                malformation: trailers.malformation ?? .trailersUnended)
        }
        let refusal = trailers.isTooLarge ? HTTPRefusal(.trailersTooLarge, from: role == .server ? .client : .upstream) : nil
        try end(stream, trailers: trailers.fields, refusal: refusal)
    }

    /// - Returns: what the acceptor does.
    private func open(
        _ fields: consuming RequestFields, _ identifier: UInt32, endsStream: Bool
    ) throws(ConnectionError) -> RequestHead? {
        guard let stream = try open(identifier, fields.priority, endsStream: endsStream) else { return nil }
        return acceptor?.received(fields, on: stream)
    }

    /// Opens a client's stream.
    /// - Parameter priority: what its fields say.
    /// - Returns: nil if there are too many.
    private func open(_ identifier: UInt32, _ priority: Priority, endsStream: Bool) throws(ConnectionError) -> HTTP2Stream? {
        // Asked first whether there are any: price 1.
        let earlyPriority = earlyPriorities == nil ? nil : earlyPriorities?.take(of: identifier)
        // Those that were reset are counted as long as work is done for them.
        guard max(streams.count, runningExchanges) < limits.maxStreams else {
            try resetStream(identifier, .refusedStream)
            return nil
        }
        let stream = makeStream(identifier)
        // RFC 9218 §7: the frame says more than the field does.
        stream.priority = earlyPriority ?? priority
        streams.append(stream)
        earnControlFrames(HTTP2FloodLimits.framesPerRequest)
        if endsStream { _ = stream.inflow.end() }
        return stream
    }

    // MARK: Sections that have come before

    private func repeated() -> HTTP2RepeatedSections {
        if let repeatedSections { return repeatedSections }
        let made = HTTP2RepeatedSections()
        repeatedSections = made
        return made
    }

    /// Opens a stream for a request whose section has come before, without reading it anew.
    /// - Returns: false if the section has to be read.
    private func takeRepeatedRequest(
        _ section: Span<UInt8>, _ begun: FieldSectionInProgress, _ repeats: HTTP2RepeatedSections
    ) throws(ConnectionError) -> Bool {
        guard let acceptor,
            let request = repeats.request(section, endsStream: begun.endsStream, decoder, limits: acceptor.headLimits)
        else { return false }
        if let stream = try open(begun.stream, request.priority, endsStream: begun.endsStream) {
            acceptor.receivedAgain(request.head, on: stream)
        }
        return true
    }

    /// Takes the head of an answer whose section has come before, without reading it anew.
    /// - Returns: false if the section has to be read.
    private func takeRepeatedAnswer(
        _ section: Span<UInt8>, _ begun: FieldSectionInProgress, _ repeats: HTTP2RepeatedSections
    ) throws(ConnectionError) -> Bool {
        // An answer that opens a WebSocket is read as another one than that of the same fields that does not.
        guard let stream = streams[begun.stream], stream.answer.switching.isEmpty,
            let answer = repeats.answer(section, endsStream: begun.endsStream, decoder)
        else { return false }
        stream.answer.append(answer)
        try beginBody(of: stream, answer.status, answer.declaredLength, endsStream: begun.endsStream)
        return true
    }

    /// Ends a stream with trailers whose section has come before, without reading them anew.
    /// - Returns: false if the section has to be read.
    private func takeRepeatedTrailers(
        _ section: Span<UInt8>, _ begun: FieldSectionInProgress, _ repeats: HTTP2RepeatedSections
    ) throws(ConnectionError) -> Bool {
        guard begun.endsStream, let stream = streams[begun.stream],
            let trailers = repeats.trailers(section, decoder)
        else { return false }
        try end(stream, trailers: trailers)
        return true
    }
}
