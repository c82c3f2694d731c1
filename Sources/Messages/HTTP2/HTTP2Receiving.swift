package import Buffers
import HTTP2
import Transport

/// What comes: bytes from the transport, and frames out of them.
extension HTTP2Connection {
    /// Reads what has come and acts on it, some times, before others have their turn.
    /// - Returns: what the last read came to.
    package func receiveForTurn() throws(PeerError) -> BodyRead {
        var read = BodyRead.progress
        for _ in 0..<Self.readsPerTurn where read == .progress { read = try receive() }
        return read
    }

    /// Buffers that are read before others have their turn.
    private static let readsPerTurn = 4

    /// Reads what has come and acts on it.
    /// - Returns: `.full` when too much waits to be sent: a peer that does not read is not listened to.
    package func receive() throws(PeerError) -> BodyRead {
        guard error == nil else { return .end }
        if output.count > Self.maxUnsentBytes { return .full }
        guard stream.mayRead else { return .blocked }
        let buffer = takeInput()
        defer { keep(buffer) }
        let outcome: ReadOutcome
        do { outcome = try stream.read(into: buffer) } catch { throw .connection(error) }
        switch outcome {
        case .blocked: return .blocked
        case .end: return .end
        case .bytes(let count): readCount &+= count
        }
        act(on: buffer)
        return .progress
    }

    /// Acts on what was read before it was known to be HTTP/2's.
    package func take(_ begun: Buffer) {
        act(on: begun)
        keep(begun)
    }

    private func act(on buffer: Buffer) {
        do throws(ConnectionError) {
            let count = try buffer.withBytes { bytes throws(ConnectionError) in try act(on: bytes) }
            buffer.consume(count)
            if count > 0 { inputSince = nil }
        } catch {
            fail(error)
        }
    }

    /// Bytes of answers to PING, SETTINGS and the like that may wait.
    private static let maxUnsentBytes = 131_072

    private func takeInput() -> Buffer {
        let target = buffers.acquire(.bulk)
        guard let begun = input.take() else { return target }
        begun.withBytes { target.append($0) }
        buffers.release(begun)
        return target
    }

    /// What is left of a frame waits in as little as it needs.
    private func keep(_ buffer: Buffer) {
        defer { buffers.release(buffer) }
        guard !buffer.isEmpty, error == nil else { return inputSince = nil }
        inputSince = inputSince ?? now
        let rest = buffers.acquire(.small)
        buffer.withBytes { rest.append($0) }
        input = rest
    }

    // MARK: Frames

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
}
