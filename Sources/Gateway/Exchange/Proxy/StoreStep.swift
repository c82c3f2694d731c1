import EventLoop
import HTTP
import Messages

/// The step that takes a request's whole body before any of it goes to an upstream.
extension Exchange {
    /// - Returns: the body; nil where there is none, or it has to go on as it comes: a tunnel, or a call of gRPC's.
    mutating nonisolated(nonsending) func storedBody(
        of proxied: inout ProxiedRequest, in storage: StoragePlan
    ) async throws(Failure) -> Replay? {
        let request = proxied.head
        guard !request.framing.isEmpty, !proxied.wantsUpgrade, !request.isGRPC else { return nil }
        // Whoever sends nothing before it is told to waits for us.
        if request.expectsContinue { try await sendContinue() }
        let body = StoredBody(storage)
        var movedAt = resources.now
        var waited: UInt64 = 0
        while true {
            for _ in 0..<Relay.movesPerTurn {
                switch try nextOfBody() {
                case .finished:
                    try body.finish()
                    return Replay(stored: body)
                case .ready(let count):
                    try proxied.route.proxying.bodyLimit.check(client.body.bodyBytes + UInt64(count))
                    try take(into: body)
                    movedAt = resources.now
                case .needsBytes:
                    let read = try readBody()
                    if read == .end { throw Failure.clientLeft() }
                    if read != .progress { waited += try await waitForBody(since: movedAt, waited: waited) }
                }
            }
            await resources.loop.yield()
        }
    }

    private func nextOfBody() throws(Failure) -> BodyState {
        do { return try client.body.nextBody() } catch { throw Failure(error) }
    }

    private func readBody() throws(Failure) -> BodyRead {
        do { return try client.body.read() } catch { throw Failure.clientLeft(error) }
    }

    private func take(into body: StoredBody) throws(Failure) {
        var failure: Failure?
        do {
            _ = try client.body.drain { payload in
                do throws(Failure) { try body.append(payload) } catch {
                    failure = error
                    return 0
                }
                return payload.count
            }
        } catch { throw Failure.clientLeft(error) }
        if let failure { throw failure }
    }

    /// - Returns: the nanoseconds that it took.
    private nonisolated(nonsending) func waitForBody(since movedAt: UInt64, waited: UInt64) async throws(Failure) -> UInt64 {
        if client.hasLeft { throw client.departure }
        client.watch(reading: true, writing: false)
        defer { client.unwatch() }
        let now = resources.now
        let progress = RelayProgress(
            up: Blocked(onClient: true), down: Blocked(), upload: .sending, download: .awaited, uploadedAt: movedAt,
            downloadedAt: movedAt, received: client.body.bodyBytes, waitedForBody: waited)
        let deadline = RelayDeadline.ofBody(progress, limits: generation.limits, now: now)
        guard deadline.at > now else { throw deadline.expiry.failure }
        let wake = await client.waiter.wait(timeout: deadline.at - now)
        let time = resources.now &- now
        if case .deadline = wake, time >= deadline.at - now { throw deadline.expiry.failure }
        return time
    }

    private mutating nonisolated(nonsending) func sendContinue() async throws(Failure) {
        let head = resources.heads.acquireResponse()
        defer { resources.heads.release(head) }
        do throws(HTTPRefusal) {
            _ = try head.parse(Self.continueHead.span, limits: generation.limits.head)
        } catch { throw Failure(error) }
        client.sendInterim(head, policy: headers.answer)
        try await flush()
    }

    private static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
}
