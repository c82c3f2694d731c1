import HTTP
import Messages
import Upstreams

/// One direction of a relay: the answer, from the upstream to the client.
struct Download: ~Copyable {
    enum State {
        case awaited
        case body
        case flushing
        case done
    }

    let client: any ClientSide
    let upstream: any UpstreamSide
    let proxying: ProxyingPlan
    let headers: HeaderPlan
    let limits: PlanLimits
    let source: any BodySource
    private let sink: any BodySink
    let request: RequestHead
    let head: ResponseHead
    private let wantsUpgrade: Bool
    /// Moved in, not copied field by field: each optional of it that is copied or destroyed is 65 instructions.
    private let options: RelayOptions

    private var responder: Responder?
    private var writer: BodyWriter?
    /// Encodes the body between source and writer; nil: it passes as it comes.
    var compressed: CompressedBody?
    var state = State.awaited
    /// Has the upstream switched to WebSocket?
    private(set) var isUpgraded = false
    /// The final answer's status; 0 before it.
    var status = 0
    /// When the answer's head was in, in monotonic nanoseconds.
    var answeredAt: UInt64 = 0
    /// When anything last moved, in monotonic nanoseconds.
    private(set) var movedAt: UInt64
    /// The 1xx heads that came before the answer.
    private var interimHeads = 0

    /// RFC 9110 §15.2 sets no bound to them. Nobody sends more than a few, and each of them starts the wait for the answer anew.
    static let maxInterimHeads = 100

    /// - Parameters:
    ///   - responder: is spent when the upstream's head is forwarded; until then it can be taken back.
    ///   - head: room for the answer's head.
    init(
        from upstream: any UpstreamSide, to client: any ClientSide, request: RequestHead, responder: consuming Responder,
        head: ResponseHead, proxying: ProxyingPlan, headers: HeaderPlan, limits: PlanLimits, wantsUpgrade: Bool,
        options: consuming RelayOptions, now: UInt64
    ) {
        source = upstream.body
        sink = client.answerBody
        self.client = client
        self.upstream = upstream
        self.request = request
        self.head = head
        self.proxying = proxying
        self.headers = headers
        self.limits = limits
        self.wantsUpgrade = wantsUpgrade
        self.options = options
        self.responder = consume responder
        movedAt = now
    }

    /// The right to answer, if it was not used.
    mutating func takeResponder() -> Responder? { responder.take() }

    /// The right to end the answer, if it has begun and not ended.
    mutating func takeWriter() -> BodyWriter? { writer.take() }

    /// Moves what can be moved now, up to a bound.
    /// - Parameter upload: how far the request is.
    mutating func step(_ upload: Upload.State, now: UInt64) throws(Failure) -> Blocked {
        switch state {
        case .awaited:
            let blocked = try readHead(upload, now)
            // The body's first bytes nearly always came with the head.
            return state == .awaited ? blocked : try moveBody(now)
        case .body: return try moveBody(now)
        case .flushing, .done: return try flushAnswer()
        }
    }

    // MARK: The head

    private mutating func readHead(_ upload: Upload.State, _ now: UInt64) throws(Failure) -> Blocked {
        while true {
            // Interim heads go one by one, so that a client that does not read them never has them collected here.
            if interimHeads > 0, try !flush() {
                movedAt = sink.stalledSince ?? movedAt
                return Blocked(onClient: true)
            }
            if try takeHead(upload, now) {
                if state != .awaited { return Blocked() }
                continue
            }
            switch try read() {
            case .progress: continue
            case .blocked: return Blocked(onUpstream: true)
            case .full: throw Failure(HTTPRefusal(.headTooLarge, from: .upstream))
            case .end: throw Failure.closedEarly("the upstream closed the connection before its answer", retry: retry)
            }
        }
    }

    /// - Returns: was a head taken?
    private mutating func takeHead(_ upload: Upload.State, _ now: UInt64) throws(Failure) -> Bool {
        do throws(HTTPRefusal) {
            guard try upstream.takeHead(head, limits: limits.head) else { return false }
            movedAt = now
            if options.takes(unchanged: head, of: request, limits) { return try endUnanswered(now) }
            if !options.retriedStatuses.contains(status: head.status), options.recording?.prefersStale(to: head.status) != true {
                if head.isInterim { try passInterim() } else { try begin(upload, now) }
                return true
            }
        } catch {
            throw Failure(error, mayBeLeftOver: upstream.isReused && interimHeads == 0)
        }
        throw Failure.declined(head.status)
    }

    private mutating func passInterim() throws(HTTPRefusal) {
        interimHeads += 1
        if interimHeads > Self.maxInterimHeads { throw HTTPRefusal(.tooManyInterimHeads, from: .upstream) }
        client.sendInterim(head, policy: headers.answer)
        head.reset()
    }

    private mutating func begin(_ upload: Upload.State, _ now: UInt64) throws(HTTPRefusal) {
        if head.status == 101 {
            // RFC 9110 §15.2.2: nobody may switch protocols without being asked.
            guard wantsUpgrade, upload == .sent, head.completesHandshake(of: request) else {
                throw HTTPRefusal(.switchNotAskedFor, from: .upstream)
            }
            isUpgraded = true
        }
        if wantsUpgrade, !isUpgraded, (200..<300).contains(head.status), client.request.isExtendedConnect {
            throw HTTPRefusal(.switchMissing, from: .upstream)
        }
        var framing = try upstream.beginBody(of: head, to: request.method)
        options.reverseRewrite?.apply(to: head, of: request)
        if let compression = options.compression { framing = compress(framing, by: compression) }
        options.recording?.begin(head, framing)
        head.add(options.answerFields)
        status = head.status
        answeredAt = now
        guard let responder = responder.take() else { preconditionFailure("an answer is begun once") }
        writer = responder.begin(forwarding: head, framing: framing, policy: headers.answer)
        state = .body
    }

    // MARK: The body

    private mutating func moveBody(_ now: UInt64) throws(Failure) -> Blocked {
        // To encode a buffer takes far longer than to move it.
        for _ in 0..<(compressed == nil ? Relay.movesPerTurn : 4) {
            switch try next() {
            case .ready:
                guard try moveOn() > 0 else {
                    movedAt = sink.stalledSince ?? movedAt
                    return Blocked(onClient: true)
                }
                movedAt = now
            case .finished:
                let kept = trailers
                writer.take()?.finish(trailers: kept)
                options.recording?.finish()
                state = .flushing
                return try flushAnswer()
            case .needsBytes:
                switch try read() {
                case .progress: break
                case .blocked, .full:
                    if let compressed, try compressed.flush() { continue }
                    return Blocked(onClient: try !flush(), onUpstream: true)
                case .end: throw Failure.truncated()
                }
            }
        }
        return Blocked(wantsTurn: true)
    }

    private mutating func flushAnswer() throws(Failure) -> Blocked {
        guard try flush() else { return Blocked(onClient: true) }
        state = .done
        return Blocked()
    }

    // MARK: What may break

    private func next() throws(Failure) -> BodyState {
        if let compressed { return try compressed.next() }
        do { return try source.nextBody() } catch { throw Failure(error) }
    }

    private mutating func moveOn() throws(Failure) -> Int {
        do { return try writer?.write(from: source, through: compressed, to: options.recording) ?? 0 } catch {
            throw Failure.clientLeft(error)
        }
    }

    private func flush() throws(Failure) -> Bool {
        do { return try sink.flush() } catch { throw Failure.clientLeft(error) }
    }

    private func read() throws(Failure) -> BodyRead {
        do {
            return try source.read()
        } catch {
            throw state == .awaited
                ? Failure.brokeOff(error, retry: retry.after(error, hasOtherVersion: upstream.hasOtherVersion))
                : Failure.truncated(error.description)
        }
    }

    private var retry: Failure.Retry {
        upstream.hasUntakenBytes || status != 0 ? .never : .closed(isReused: upstream.isReused)
    }
}
