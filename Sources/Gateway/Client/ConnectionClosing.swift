import EventLoop
import Transport

/// How a client's connection ends once nothing more is served over it: so that the client has what was sent, or sees that it
/// is not all.
struct ConnectionClosing {
    let stream: Stream
    let waiter: Waiter
    let resources: WorkerResources
    let endpoint: ClientEndpoint

    /// Nanoseconds between two looks at what has arrived.
    private static let deliveryLook: UInt64 = 20_000_000

    private var loop: EventLoop { resources.loop }
    private var limits: PlanLimits { endpoint.limits }

    /// An orderly end. A client that still sends is read for a while, so that it gets the answer instead of a reset
    /// (RFC 9112 §9.6). Over TLS any client may: it changes keys by what it has read, and answers close_notify.
    /// - Parameters:
    ///   - hasUnreadInput: has the client sent what nobody has read?
    ///   - hasAnswered: has an answer just been sent?
    ///   - hasBegun: has its handshake been completed, if it has one? Whoever comes no further is nobody yet, and must not hold a
    ///     connection by failing for longer than by being silent.
    func close(hasUnreadInput: Bool, hasAnswered: Bool, hasBegun: Bool) async {
        let mustLinger = hasUnreadInput || stream.mayRead || stream.tls != nil && hasAnswered
        await sendCloseNotify()
        if mustLinger, stream.mayHaveInput {
            stream.shutdownWrite()
            await linger(atMost: hasBegun ? limits.lingeringTime : min(limits.lingeringTime, limits.handshakeTimeout))
        }
        stream.close()
        waiter.retire()
    }

    /// The end of an answer that lacks its own: what was sent arrives, and then the client sees that it is not all. A chunked or
    /// counted body shows that itself, and TLS by the missing close_notify (RFC 9112 §8, §9.8); else only a reset does, which
    /// throws away what has not arrived (§9.6).
    /// - Parameter endsWithConnection: is the end of the body said by the connection's end alone?
    func endTruncated(endsWithConnection: Bool) async {
        if endsWithConnection, stream.tls == nil {
            await waitForDelivery()
            stream.abort()
        } else {
            stream.shutdownWriteWithoutCloseNotify()
            if stream.mayHaveInput { await linger(atMost: limits.lingeringTime) }
            stream.socket.close()
        }
        waiter.retire()
    }

    /// Resets the connection, so that the client sees that the answer is cut.
    func abort() {
        stream.abort()
        waiter.retire()
    }

    /// The end is said also where the socket is full of the answer.
    private func sendCloseNotify() async {
        let deadline = loop.now &+ limits.sendTimeout
        while !stream.sendCloseNotify() {
            guard await waitForRoom(until: deadline) else { return }
        }
    }

    /// Waits until the client's kernel has acknowledged everything. Nothing announces that, so it is looked at now and then.
    private func waitForDelivery() async {
        let deadline = loop.now &+ limits.lingeringTimeout
        stream.watch(reading: false, writing: false)
        while stream.hasUndelivered, !stream.socket.isBroken, loop.now < deadline {
            guard await waiter.wait(timeout: Self.deliveryLook) == .deadline else { return }
        }
    }

    /// Reads what the client still sends, until it ends or falls silent; not for ever.
    /// - Parameter time: in nanoseconds.
    private func linger(atMost time: UInt64) async {
        await stream.discardInput(waiter, buffers: resources.buffers, time: time, silence: limits.lingeringTimeout)
    }

    /// Waits until the stream can be written.
    /// - Parameter deadline: in monotonic nanoseconds.
    /// - Returns: false if it has passed, or if the connection has been told to end.
    private func waitForRoom(until deadline: UInt64) async -> Bool {
        let now = loop.now
        guard now < deadline else { return false }
        stream.watch(reading: false, writing: true)
        let wake = await waiter.wait(timeout: deadline - now)
        stream.watch(reading: false, writing: false)
        return wake == .ready
    }
}
