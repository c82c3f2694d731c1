import EventLoop
import HTTP
import Messages
import StaticFiles

/// The step that sends what the gateway itself has: as fast as the client takes it, and no faster.
extension Exchange {
    /// Sends a whole answer of our own.
    mutating nonisolated(nonsending) func send(_ answer: OwnAnswer) async throws(Failure) {
        guard let responder = responder.take() else { return }
        record.status = answer.status
        let isHead = client.requestIfAny?.method == .head
        let writer = responder.begin(answer.head(isHead: isHead, adding: answerFields))
        if !isHead {
            switch answer.body {
            case .made(let bytes): try await send(bytes, 0..<bytes.count, to: writer)
            case .file(let page): try await send(page.body, to: writer)
            }
        }
        writer.finish()
        try await flush()
    }

    /// Sends bytes from where they are.
    @inline(__always)  // Price 7: what is short is taken at once.
    mutating nonisolated(nonsending) func send(
        _ bytes: [UInt8], _ range: Range<Int>, to writer: borrowing BodyWriter
    ) async throws(Failure) {
        if range.isEmpty { return }
        let taken = try Self.write(bytes, range, to: writer)
        if taken < range.count { try await sendRest(of: bytes, range, to: writer, after: taken) }
    }

    private mutating nonisolated(nonsending) func sendRest(
        of bytes: [UInt8], _ range: Range<Int>, to writer: borrowing BodyWriter, after first: Int
    ) async throws(Failure) {
        var (next, taken) = (range.lowerBound + first, first)
        while next < range.upperBound {
            try await waitForClient(after: taken)
            taken = try Self.write(bytes, next..<range.upperBound, to: writer)
            next += taken
        }
    }

    private static func write(
        _ bytes: [UInt8], _ range: Range<Int>, to writer: borrowing BodyWriter
    ) throws(Failure) -> Int {
        do { return try writer.write(bytes.span.extracting(range)) } catch { throw Failure.clientLeft(error) }
    }

    /// Waits until the client takes more, and lets the others of this loop have their turn.
    /// - Parameter taken: how many bytes of a payload were taken, which were not all.
    mutating nonisolated(nonsending) func waitForClient(after taken: Int) async throws(Failure) {
        // Who was woken goes on at once: over HTTP/2 the room would be another's by its next turn.
        if taken == 0 { return try await waitForClient() }
        try await flush()
        await resources.loop.yield()
    }

    /// Waits until the client has taken everything.
    @inline(__always)  // Price 7: most answers are taken at once.
    mutating nonisolated(nonsending) func flush() async throws(Failure) {
        if try !flushed() { try await waitUntilFlushed() }
    }

    private mutating nonisolated(nonsending) func waitUntilFlushed() async throws(Failure) {
        repeat { try await waitForClient() } while try !flushed()
    }

    /// Sends what waits.
    /// - Returns: has the client taken everything?
    private mutating func flushed() throws(Failure) -> Bool {
        do { return try client.answerBody.flush() } catch { throw Failure.clientLeft(error) }
    }

    /// Waits until the client can take more.
    mutating nonisolated(nonsending) func waitForClient() async throws(Failure) {
        let began = resources.now
        client.watch(reading: false, writing: true)
        defer { client.unwatch() }
        while true {
            let now = resources.now
            // Later than at first, where others of the connection had their turn meanwhile.
            let end = min(client.answerBody.stalledSince ?? began, now) &+ generation.limits.sendTimeout
            guard end > now else { throw Failure(.sendTimeout, key: "limits.send_timeout") }
            if await client.waiter.wait(timeout: end - now) != .deadline { return }
        }
    }
}
