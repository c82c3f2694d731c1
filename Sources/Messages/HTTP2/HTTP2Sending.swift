import HTTP2

/// What streams send, as frames, and which of them is next.
extension HTTP2Connection {
    /// - Parameter compose: writes the encoded fields, the same each time.
    func sendHeaders(_ stream: HTTP2Stream, endsStream: Bool, compose: (inout OutputSpan<UInt8>) -> Void) {
        let tellsOfTable = peer.hasHadSmallHeaderTable && !hasToldOfTable
        if tellsOfTable { hasToldOfTable = true }
        let maxFrameSize = min(peer.maxFrameSize, FrameHeader.usualPayload)
        output.append { out in
            Frames.appendHeaders(stream.identifier, endsStream: endsStream, maxFrameSize: maxFrameSize, to: &out) { out in
                if tellsOfTable { FieldEncoder.appendNoTable(to: &out) }
                compose(&out)
            }
        }
        stream.position = 0
        if endsStream { streamEnded(stream) }
        flushSoon()
    }

    func sendData(_ stream: HTTP2Stream, _ payload: Span<UInt8>, endsStream: Bool) throws(PeerError) -> Int {
        // Whoever waits already, and is more urgent, goes first.
        guard queue.isEmpty || !queue.isBehind(stream) else { return 0 }
        if !output.hasRoom {
            // The end of a short body makes the write that is due, rather than wait for its turn to be woken.
            guard endsStream, payload.count <= FrameHeader.usualPayload, queue.isEmpty else { return 0 }
            guard try output.flush(), output.hasRoom else { return 0 }
        }
        let count = try output.appendData(
            stream.identifier, payload, endsStream: endsStream, maxFrameSize: peer.maxFrameSize)
        if count > 0 { stream.position = 0 }
        progress.add(count)
        if progress.isEnough(for: queue.count) { progress.wasMade(at: now) }
        flushSoon()
        return count
    }

    /// So many bytes of DATA were sent: see `HTTP2FloodLimits.isEarned`.
    func earnControlFrames(for count: Int, isAll: Bool) {
        if HTTP2FloodLimits.isEarned(by: count, isAll: isAll, as: role) { earnControlFrames(HTTP2FloodLimits.framesPerData) }
    }

    func sendEnd(_ stream: HTTP2Stream) {
        output.appendEnd(stream.identifier)
        streamEnded(stream)
        flushSoon()
    }

    func sendReset(_ identifier: UInt32, _ code: ErrorCode) {
        output.append { Frames.appendReset(identifier, code, to: &$0) }
        recentResets.add(identifier)
        flushSoon()
    }

    func sendCredit(_ identifier: UInt32, _ count: Int) {
        output.append { Frames.appendWindowUpdate(identifier, count, to: &$0) }
        flushSoon()
    }

    /// A stream's window is to grow by so many bytes.
    /// - Returns: how many it may.
    func grant(growth wanted: Int) -> Int {
        receiveWindow.grant(growth: wanted, limit: limits.maxGrowth)
    }

    /// May a stream add a head that another follows?
    var takesHeads: Bool { output.takesHeads }

    /// The stream wants to send as soon as there is room.
    func enqueue(_ stream: HTTP2Stream) { queue.add(stream) }

    /// Wakes streams that wait to send, the most urgent first, as long as there is room.
    /// - Parameter most: how many, before others have their turn.
    /// - Returns: should those have it soon, since there is more to send?
    package func wakeWriters(atMost most: Int) -> Bool {
        for _ in 0..<most where !wakeWriter() { return false }
        return true
    }

    /// Wakes the stream whose turn it is, if there is room.
    /// - Returns: may another have its turn?
    private func wakeWriter() -> Bool {
        guard output.takesHeads, let stream = queue.takeNext(headsAlone: !output.hasRoom) else { return false }
        stream.becameWritable()
        return !queue.isEmpty
    }
}
