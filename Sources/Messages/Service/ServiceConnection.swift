import EventLoop
import HTTP
import Transport

/// One client of a service: one request and its answer after another, or something else after an upgrade.
final class ServiceConnection {
    let stream: Stream
    let inflow: Inflow
    private let outflow: Outflow
    private let waiter: Waiter
    let service: Service
    private let peer: SocketAddress
    let head = RequestHead()
    private var upgraded: (any Upgraded)?
    private var isIdle = false
    private(set) var isCut = false
    /// Since when no request is under way; nil while one is.
    private(set) var waitingSince: UInt64?

    /// Does the client wait for a 100 before it sends the body under way?
    private var awaitsContinue = false
    private var bodyDeadline: UInt64 = 0
    /// Pieces that came without waiting for them, since others had a turn.
    private var pieces = 0

    init(_ stream: Stream, peer: SocketAddress, of service: Service) {
        self.stream = stream
        self.peer = peer
        self.service = service
        inflow = Inflow(stream, buffers: service.buffers, chunkLimits: service.limits.chunks, from: .client)
        outflow = Outflow(stream, buffers: service.buffers)
        waiter = Waiter(loop: service.loop)
        stream.socket.waiter = waiter
        waitingSince = service.loop.now
    }

    private enum Next {
        case another, last, upgraded
    }

    /// The connection's whole life.
    func run() async {
        do throws(ServiceFailure) {
            try await serve()
        } catch {
            stream.abort()
        }
        inflow.discard()
        outflow.discard()
        waiter.retire()
    }

    /// An idle connection ends now, a busy one after its answer.
    func drain() {
        upgraded?.drain()
        if isIdle || upgraded != nil { waiter.notify() }
    }

    /// The descriptor stays open until the connection's task has seen it.
    func cut() {
        isCut = true
        upgraded?.cut()
        waiter.notify()
    }

    // MARK: The steps

    private func serve() async throws(ServiceFailure) {
        do throws(TransportError) {
            try await stream.performHandshake(waiter, timeout: service.limits.handshakeTimeout, givesUp: { isCut })
        } catch {
            throw .ended
        }
        while true {
            let next: Next
            do throws(ServiceFailure) {
                next = try await serveNext()
            } catch {
                guard case .refused(let status, let reason) = error else { throw error }
                try await send(service.handler.refusal(status, reason), isLast: true)
                next = .last
            }
            switch next {
            case .another: await service.loop.yield()
            case .last: return await close()
            case .upgraded: return stream.close()
            }
        }
    }

    private func serveNext() async throws(ServiceFailure) -> Next {
        waitingSince = service.loop.now
        guard try await readHead() else { return .last }
        waitingSince = nil
        inflow.beginBody(head.framing)
        if case .length(let length) = head.framing, length > service.limits.maxBodyBytes { throw .tooLarge }
        awaitsContinue = head.expectsContinue && head.minorVersion == 1 && !head.framing.isEmpty
        bodyDeadline = service.loop.now.after(service.limits.bodyTimeout)
        pieces = 0
        switch try await service.handler.answer(ServiceRequest(self, head: head, peer: peer)) {
        case .answer(let answer):
            let isBodyOver = try readPastBody()
            let isLast = !isBodyOver || !head.keepsAlive || service.isDraining
            try await send(answer, isLast: isLast)
            return isLast ? .last : .another
        case .upgrade(let fields, let make):
            guard head.upgrade != nil, fields.isSendable else { throw .refused(500, "upgrade_unasked") }
            var upgrade: [UInt8] = []
            StatusText.appendLine(101, to: &upgrade)
            fields.appendLines(to: &upgrade)
            upgrade.append("\r\n")
            outflow.appendRaw { $0.write(upgrade) }
            try await run(make(UpgradedStreams(inflow: inflow, outflow: outflow, waiter: waiter)))
            return .upgraded
        case .stream(let contentType, let fields, let make):
            guard fields.isSendable else { throw .refused(500, "answer_not_sendable") }
            let answer = ServiceAnswer(contentType: contentType, fields: fields, body: [])
            let streamed = ServiceAnswerWriting(answer, to: head, isLast: true, isEndless: true).head
            outflow.begin(.untilClose) { $0.write(streamed) }
            try await run(make(UpgradedStreams(inflow: inflow, outflow: outflow, waiter: waiter)))
            return .upgraded
        }
    }

    private func run(_ upgraded: any Upgraded) async throws(ServiceFailure) {
        self.upgraded = upgraded
        if service.isDraining { upgraded.drain() }
        if isCut { upgraded.cut() }
        await upgraded.run()
        self.upgraded = nil
        if upgraded.isBroken { throw .ended }
    }

    /// - Returns: is there a request? False: the client has nothing more to ask, or is to go.
    private func readHead() async throws(ServiceFailure) -> Bool {
        head.reset()
        var hasBegun = false
        var deadline = service.loop.now.after(service.limits.idleTimeout)
        while true {
            if inflow.hasBytes {
                if !hasBegun { deadline = service.loop.now.after(service.limits.headTimeout) }
                hasBegun = true
                if try parseHead() { return true }
            }
            switch try read() {
            case .progress: continue
            case .full: throw ServiceFailure(HTTPRefusal(.headTooLarge))
            case .end:
                if hasBegun { throw .ended }
                return false
            case .blocked: break
            }
            if !hasBegun, service.isDraining { return false }
            isIdle = !hasBegun
            let isInTime = try await wait(for: stream.readInterest, until: deadline)
            isIdle = false
            guard !isInTime else { continue }
            if hasBegun { throw .refused(408, "head_timeout") }
            return false
        }
    }

    private func parseHead() throws(ServiceFailure) -> Bool {
        let limits = service.limits.head
        do throws(HTTPRefusal) {
            return try inflow.takeHead { span throws(HTTPRefusal) in try head.parse(span, limits: limits) }
        } catch {
            throw ServiceFailure(error)
        }
    }

    // MARK: The answer

    private func send(_ answer: ServiceAnswer, isLast: Bool) async throws(ServiceFailure) {
        let answer = answer.fields.isSendable ? answer : ServiceAnswer(status: 500, "an answer that cannot be sent")
        let writing = ServiceAnswerWriting(answer, to: head, isLast: isLast)
        let head = writing.head
        outflow.begin(writing.framing) { $0.write(head) }
        let body = writing.body
        let deadline = service.loop.now.after(service.limits.sendTimeout)
        var sent = 0
        while sent < body.count {
            let count: Int
            do throws(PeerError) {
                count = try outflow.write(body.span.extracting(sent..<body.count))
            } catch {
                throw .ended
            }
            sent += count
            if count == 0, try await !wait(for: stream.writeInterest, until: deadline) { throw .ended }
        }
        try await flush(until: deadline)
    }

    private func flush(until deadline: UInt64) async throws(ServiceFailure) {
        while true {
            do throws(PeerError) {
                if try outflow.flush() { return }
            } catch {
                throw .ended
            }
            guard try await wait(for: stream.writeInterest, until: deadline) else { throw .ended }
        }
    }

    // MARK: The body

    /// See `ServiceRequest.nextBytes`.
    func nextBytes(_ take: (Span<UInt8>) -> Void) async throws(ServiceFailure) -> Bool {
        while true {
            switch try nextBody() {
            case .finished: return false
            case .ready(let count):
                guard UInt64(count) <= service.limits.maxBodyBytes - min(service.limits.maxBodyBytes, inflow.bodyBytes) else {
                    throw .tooLarge
                }
                awaitsContinue = false
                _ = try? inflow.drain { payload throws(PeerError) in
                    take(payload)
                    return payload.count
                }
                pieces += 1
                if pieces % 8 == 0 { await service.loop.yield() }
                return true
            case .needsBytes:
                if awaitsContinue {
                    // RFC 9110 §10.1.1.
                    awaitsContinue = false
                    outflow.appendRaw { $0.write("HTTP/1.1 100 Continue\r\n\r\n") }
                    try await flush(until: service.loop.now.after(service.limits.sendTimeout))
                }
                try await awaitBody()
            }
        }
    }

    /// Drops what is here of a body that nobody read.
    /// - Returns: was that all of it? Else the client's next request cannot be found.
    private func readPastBody() throws(ServiceFailure) -> Bool {
        while true {
            switch try nextBody() {
            case .finished: return true
            case .needsBytes: return false
            case .ready: _ = try? inflow.drain { payload throws(PeerError) in payload.count }
            }
        }
    }

    private func nextBody() throws(ServiceFailure) -> BodyState {
        do throws(HTTPRefusal) { return try inflow.nextBody() } catch { throw ServiceFailure(error) }
    }

    private func awaitBody() async throws(ServiceFailure) {
        while true {
            switch try read() {
            case .progress: return
            case .end, .full: throw .ended
            case .blocked: break
            }
            let deadline = min(bodyDeadline, service.loop.now.after(service.limits.silenceTimeout))
            guard try await wait(for: stream.readInterest, until: deadline) else { throw .refused(408, "body_timeout") }
        }
    }

    // MARK: The end

    /// A client that still sends is read for a while, so that it gets the answer instead of a reset (RFC 9112 §9.6).
    private func close() async {
        if !inflow.isClean || stream.mayRead, !stream.socket.hasHungUp {
            stream.shutdownWrite()
            inflow.discard()
            // What was said to it meanwhile was for the exchange; that it is cut, it sees.
            waiter.dropNotification()
            let time = isCut ? 0 : service.limits.lingeringTimeout
            await stream.discardInput(waiter, buffers: service.buffers, time: time, silence: time)
        }
        stream.close()
    }

    // MARK: Waiting

    private func read() throws(ServiceFailure) -> BodyRead {
        do throws(PeerError) { return try inflow.read() } catch { throw .ended }
    }

    /// - Returns: false at the deadline.
    private func wait(for interest: Socket.Interest, until deadline: UInt64) async throws(ServiceFailure) -> Bool {
        if isCut { throw .ended }
        let now = service.loop.now
        guard now < deadline else { return false }
        stream.socket.interest = interest
        _ = await waiter.wait(timeout: deadline - now)
        stream.socket.interest = .none
        if isCut { throw .ended }
        return service.loop.now < deadline
    }
}
