package import Buffers
package import EventLoop

extension Stream {
    /// Reads for nobody what the peer still sends, until it ends or falls silent; not for ever. So it gets what was sent to it,
    /// instead of a reset that throws that away (RFC 9112 §9.6). It ends, too, when its waiter is notified.
    /// - Parameters:
    ///   - waiter: the socket's.
    ///   - time: nanoseconds that all of it may take.
    ///   - silence: nanoseconds without a byte.
    package nonisolated(nonsending) func discardInput(
        _ waiter: Waiter, buffers: BufferPool, time: UInt64, silence: UInt64
    ) async {
        let loop = waiter.loop
        let end = loop.now &+ time
        var deadline = min(end, loop.now &+ silence)
        while loop.now < deadline {
            switch readAway(buffers) {
            case nil, .end: return
            case .bytes: await loop.yield()
            case .blocked:
                watch(reading: true, writing: false)
                let wake = await waiter.wait(timeout: deadline - loop.now)
                watch(reading: false, writing: false)
                guard wake == .ready else { return }
            }
            deadline = min(end, loop.now &+ silence)
        }
    }

    /// Reads once, for nobody.
    /// - Returns: nil if the connection is broken.
    private func readAway(_ buffers: BufferPool) -> ReadOutcome? {
        let sink = buffers.acquire(.bulk)
        defer { buffers.release(sink) }
        return try? read(into: sink)
    }
}
