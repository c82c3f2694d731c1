import EventLoop
import HTTP
import Messages
import Transport
import Upstreams

/// One request through one upstream connection, both ways at once, in one task: the request's body goes up while the answer is
/// already watched for, so an early answer is delivered and nobody deadlocks.
///
/// Nothing is buffered beyond one buffer each way: a direction whose sink is blocked does not read its source.
struct Relay: ~Copyable {
    /// How the exchange left the upstream connection.
    enum Outcome {
        case reusable
        case spent
        /// 101: from now on the connection is the tunnel's.
        case upgraded
    }

    private let client: any ClientSide
    private let upstream: UpstreamConnection
    private let head: ResponseHead
    private let site: SitePlan
    private let limits: PlanLimits
    private let wantsUpgrade: Bool
    private let terms: RelayTerms
    private let loop: EventLoop

    private var responder: Responder?
    private var writer: BodyWriter?
    private var upload = Upload.sending
    private var answer = Answer.awaited
    private var outcome = Outcome.reusable
    private var progress: RelayProgress

    /// The final answer's status; 0 before it.
    private(set) var status = 0
    /// When the answer's head was in, in monotonic nanoseconds.
    private(set) var answeredAt: UInt64 = 0

    /// - Parameter responder: is spent when the upstream's head is forwarded; until then it can be taken back.
    init(
        _ client: any ClientSide, _ upstream: UpstreamConnection, responder: consuming Responder, head: ResponseHead,
        site: SitePlan, limits: PlanLimits, wantsUpgrade: Bool, terms: RelayTerms
    ) {
        self.client = client
        self.upstream = upstream
        self.responder = consume responder
        self.head = head
        self.site = site
        self.limits = limits
        self.wantsUpgrade = wantsUpgrade
        self.terms = terms
        loop = client.waiter.loop
        progress = RelayProgress(since: loop.now)
    }

    /// The right to answer, if the relay failed before using it.
    mutating func takeResponder() -> Responder? {
        responder.take()
    }

    /// Carries the exchange out. The request's head waits in the upstream's outflow.
    mutating nonisolated(nonsending) func run() async throws(Failure) -> Outcome {
        defer {
            upstream.stream.socket.interest = .none
            client.unwatch()
        }
        upstream.stream.socket.waiter = client.waiter
        while true {
            let up = try stepUp()
            let down = try stepDown()
            if answer == .done { return finish() }
            if up.wantsTurn || down.wantsTurn {
                // A fast pair of peers must not keep the others of this loop waiting.
                await loop.yield()
                continue
            }
            let (timeout, expiry) = try prepareToWait(up, down)
            let began = loop.now
            let wake = await client.waiter.wait(timeout: timeout)
            if up.onClient { progress.waitedForBody &+= loop.now &- began }
            if wake == .deadline, loop.now &- began >= timeout { throw expiry.failure }
        }
    }

    private func finish() -> Outcome {
        if outcome == .upgraded { return .upgraded }
        guard case .sent = upload else {
            // The answer is complete and the request is not: neither connection can carry another exchange.
            client.closeAfter()
            return .spent
        }
        return outcome
    }

    // MARK: Up: the request

    private mutating func stepUp() throws(Failure) -> Blocked {
        var blocked = Blocked()
        guard case .sending = upload else { return blocked }
        for _ in 0..<Relay.movesPerTurn {
            switch try body() {
            case .finished:
                try finishUpload()
                blocked.onUpstream = upload == .sending
                return blocked
            case .ready(let count):
                try checkSize(adding: count)
                guard try send(count) else {
                    blocked.onUpstream = upload == .sending
                    return blocked
                }
            case .needsBytes:
                switch try readClient() {
                case .bytes: continue
                case .blocked, .full:
                    // Whatever is collected must not wait for what the client has yet to send.
                    if try !flushUpstream(), upload == .sending { blocked.onUpstream = true }
                    blocked.onClient = upload == .sending
                    return blocked
                case .end: throw Failure.clientLeft()
                }
            }
        }
        blocked.wantsTurn = true
        return blocked
    }

    /// Moves payload towards the upstream.
    /// - Returns: did anything move?
    private mutating func send(_ count: Int) throws(Failure) -> Bool {
        do throws(TransportError) {
            guard try sendBody(count) > 0 else { return false }
            progress.uploadedAt = loop.now
            return true
        } catch {
            uploadFailed()
            return false
        }
    }

    private mutating func flushUpstream() throws(Failure) -> Bool {
        do throws(TransportError) {
            return try upstream.outflow.flush()
        } catch {
            uploadFailed()
            return false
        }
    }

    private var uploadEnded = false

    private mutating func finishUpload() throws(Failure) {
        if !uploadEnded {
            uploadEnded = true
            upstream.outflow.finish(trailers: client.requestTrailers)
        }
        // If the end is blocked the body reports its end again in a later step.
        guard try flushUpstream() else { return }
        upload = .sent
        progress.uploadedAt = loop.now
        progress.downloadedAt = loop.now
    }

    private func body() throws(Failure) -> Inflow.Body {
        do throws(HTTPRefusal) {
            return try client.nextBody()
        } catch {
            throw Failure(error)
        }
    }

    private func readClient() throws(Failure) -> Inflow.Fill {
        do throws(TransportError) {
            return try client.readBody()
        } catch {
            throw Failure.clientLeft(error)
        }
    }

    /// The upstream took no more: it may have answered early and closed, so the answer is still looked for.
    private mutating func uploadFailed() {
        upload = .refused
        upstream.outflow.discard()
        outcome = .spent
    }

    /// Sends payload on, and keeps it if the request may have to be sent again.
    private func sendBody(_ count: Int) throws(TransportError) -> Int {
        guard let replay = terms.replay else { return try client.sendBody(to: upstream.outflow, ready: count) }
        let kept = replay.count
        client.withBody { replay.append($0) }
        let sent = try client.sendBody(to: upstream.outflow, ready: count)
        replay.cut(to: kept + sent)
        return sent
    }

    private func checkSize(adding count: Int) throws(Failure) {
        guard limits.maxBodyBytes > 0, client.bodyBytesReceived + UInt64(count) > limits.maxBodyBytes else { return }
        throw Failure("body_too_large", status: 413, blame: .client, key: "security.max_request_size")
    }

    // MARK: Down: the answer

    private mutating func stepDown() throws(Failure) -> Blocked {
        switch answer {
        case .awaited:
            let blocked = try readHead()
            // The body's first bytes nearly always came with the head.
            return answer == .awaited ? blocked : try moveBody()
        case .body: return try moveBody()
        case .flushing, .done: return try flushAnswer()
        }
    }

    private mutating func readHead() throws(Failure) -> Blocked {
        var blocked = Blocked()
        var mustDecline = false
        while true {
            // Interim heads go one by one, so that a client that does not read them never has them collected here.
            if progress.interimHeads > 0, try !flushClient() {
                blocked.onClient = true
                return blocked
            }
            do throws(HTTPRefusal) {
                if try upstream.inflow.takeHead({ span throws(HTTPRefusal) in try head.parse(span, limits: limits.head) }) {
                    progress.downloadedAt = loop.now
                    if !terms.declines(head.status) {
                        try takeHead()
                        if answer != .awaited { return blocked }
                        continue
                    }
                    mustDecline = true
                }
            } catch {
                throw Failure(error)
            }
            if mustDecline { throw Failure.declined(head.status) }
            switch try readUpstream() {
            case .bytes: continue
            case .blocked:
                blocked.onUpstream = true
                return blocked
            case .full: throw Failure(HTTPRefusal(.headTooLarge, from: .upstream))
            case .end: throw closedEarly("the upstream closed the connection before its answer")
            }
        }
    }

    private mutating func takeHead() throws(HTTPRefusal) {
        if head.isInterim {
            try progress.countInterim()
            client.sendInterim(head)
            head.reset()
            return
        }
        if head.status == 101 {
            // RFC 9110 §15.2.2: nobody may switch protocols without being asked.
            guard wantsUpgrade, upload == .sent, head.completesHandshake(of: client.request) else {
                throw HTTPRefusal(.switchNotAskedFor, from: .upstream)
            }
            outcome = .upgraded
        } else if !head.keepsAlive {
            outcome = .spent
        }
        let framing = try BodyFraming.ofResponse(head, to: client.request.method)
        upstream.heed(head)
        if let cookie = terms.cookie { head.add(name: "Set-Cookie", value: cookie.span) }
        status = head.status
        answeredAt = loop.now
        if case .untilClose = framing { outcome = .spent }
        if upload != .sent, !client.isRequestFinished { client.closeAfter() }
        guard let responder = responder.take() else { preconditionFailure("an answer is begun once") }
        writer = responder.begin(forwarding: head, framing: framing, policy: site.headers.answer)
        upstream.inflow.beginBody(framing)
        answer = .body
    }

    private mutating func moveBody() throws(Failure) -> Blocked {
        var blocked = Blocked()
        var moves = 0
        while true {
            let body: Inflow.Body
            do throws(HTTPRefusal) { body = try upstream.inflow.nextBody() } catch { throw Failure(error) }
            switch body {
            case .ready(let count):
                guard try take(count) > 0 else {
                    blocked.onClient = true
                    return blocked
                }
                progress.downloadedAt = loop.now
            case .finished:
                endAnswer()
                return try flushAnswer()
            case .needsBytes:
                switch try readUpstream() {
                case .bytes: break
                case .blocked, .full:
                    if try !flushClient() { blocked.onClient = true }
                    blocked.onUpstream = true
                    return blocked
                case .end:
                    guard upstream.inflow.endOfStreamEndsBody() else { throw truncated() }
                }
            }
            moves += 1
            if moves == Relay.movesPerTurn {
                blocked.wantsTurn = true
                return blocked
            }
        }
    }

    /// Buffers that one direction moves before the other is looked at.
    private static let movesPerTurn = 8

    private mutating func take(_ count: Int) throws(Failure) -> Int {
        do throws(TransportError) {
            return try writer?.take(from: upstream.inflow, ready: count) ?? 0
        } catch {
            throw Failure.clientLeft(error)
        }
    }

    private mutating func endAnswer() {
        let trailers = client.request.acceptsTrailers ? upstream.inflow.trailers : nil
        writer.take()?.finish(trailers: trailers)
        // Bytes after the answer that nobody asked for: the connection's framing cannot be believed any more.
        if outcome == .reusable, !upstream.inflow.isClean { outcome = .spent }
        answer = .flushing
    }

    private mutating func flushAnswer() throws(Failure) -> Blocked {
        var blocked = Blocked()
        if try flushClient() { answer = .done } else { blocked.onClient = true }
        return blocked
    }

    private func flushClient() throws(Failure) -> Bool {
        do throws(TransportError) {
            return try client.flush()
        } catch {
            throw Failure.clientLeft(error)
        }
    }

    private func readUpstream() throws(Failure) -> Inflow.Fill {
        do throws(TransportError) {
            return try upstream.inflow.fill()
        } catch {
            if answer == .awaited { throw closedEarly(error.description) }
            throw truncated(error.description)
        }
    }

    private func closedEarly(_ detail: String) -> Failure {
        let hasBegun = upstream.inflow.hasBytes || status != 0
        return Failure(
            "upstream_closed_early", status: 502, blame: .upstream, detail: detail,
            retry: hasBegun ? .never : .closed(isReused: upstream.isReused))
    }

    private func truncated(_ detail: String = "the upstream closed the connection in the middle of its answer") -> Failure {
        Failure("upstream_truncated", status: 502, blame: .upstream, detail: detail)
    }

    // MARK: Waiting

    /// Says what is to wake the exchange.
    /// - Returns: the nanoseconds after which it has waited too long, and what that means then.
    private func prepareToWait(_ up: Blocked, _ down: Blocked) throws(Failure) -> (UInt64, RelayProgress.Expiry) {
        if client.hasLeft { throw Failure.clientLeft() }
        var interest = Socket.Interest.none
        if down.onUpstream { interest = interest.union(upstream.stream.readInterest) }
        if up.onUpstream { interest = interest.union(upstream.stream.writeInterest) }
        upstream.stream.socket.interest = interest
        client.watch(reading: up.onClient, writing: down.onClient)
        let now = loop.now
        let patience = progress.patience(received: client.bodyBytesReceived, limits: limits)
        let (deadline, expiry) = progress.deadline(
            up, down, upload: upload, answer: answer, limits: limits, timeouts: site.timeouts, now: now, patience: patience)
        guard deadline > now else { throw expiry.failure }
        return (deadline - now, expiry)
    }
}
