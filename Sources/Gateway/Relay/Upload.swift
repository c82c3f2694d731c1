import HTTP
import Messages

/// One direction of a relay: the request's body, from the client to the upstream.
struct Upload {
    enum State {
        case sending
        case sent
        /// The upstream takes no more; its answer may still come.
        case refused
    }

    private let source: any BodySource
    private let sink: any BodySink
    /// Sent first: what an earlier attempt took from the client. It also keeps what is sent now, for a later attempt.
    private let replay: Replay?
    /// Bytes of `replay` that have been sent again.
    private var resent = 0
    private let limit: BodyLimit
    /// The rules by which trailers are forwarded; nil: they are dropped.
    var trailers: TrailerRules?
    private var hasFinished = false
    private(set) var state = State.sending
    /// When anything last moved, in monotonic nanoseconds.
    private(set) var movedAt: UInt64

    init(from source: any BodySource, to sink: any BodySink, replay: Replay?, limit: BodyLimit, now: UInt64) {
        if let stored = replay?.stored {
            self.source = stored.reader()
            self.replay = nil
        } else {
            self.source = source
            self.replay = replay
        }
        self.sink = sink
        self.limit = limit
        movedAt = now
    }

    /// Payload bytes that the client has sent.
    var received: UInt64 { source.bodyBytes }

    /// Moves what can be moved now, up to a bound.
    mutating func step(now: UInt64) throws(Failure) -> Blocked {
        guard case .sending = state else { return Blocked() }
        for _ in 0..<Relay.movesPerTurn {
            if let replay, replay.isWhole, resent < replay.count {
                guard resend(replay, now) else { return waitForSink() }
                continue
            }
            switch try next() {
            case .finished:
                finish(now)
                return waitForSink()
            case .ready(let count):
                try checkSize(adding: count)
                guard send(now) else { return waitForSink() }
            case .needsBytes:
                switch try read() {
                case .progress: continue
                case .blocked, .full:
                    // Whatever is collected must not wait for what the client has yet to send.
                    let isFlushed = flush()
                    return Blocked(onClient: state == .sending, onUpstream: !isFlushed && state == .sending)
                case .end: throw (source as? StoredBodyReader)?.failure ?? Failure.clientLeft()
                }
            }
        }
        return Blocked(wantsTurn: true)
    }

    /// Blocked by the upstream, unless there is nothing left to do.
    private func waitForSink() -> Blocked { Blocked(onUpstream: state == .sending) }

    private func next() throws(Failure) -> BodyState {
        do { return try source.nextBody() } catch { throw Failure(error) }
    }

    private func read() throws(Failure) -> BodyRead {
        do { return try source.read() } catch { throw Failure.clientLeft(error) }
    }

    private func checkSize(adding count: Int) throws(Failure) {
        guard limit.bytes > 0 else { return }
        try limit.check(source.bodyBytes + UInt64(count))
    }

    // MARK: Towards the upstream

    /// - Returns: did anything move?
    private mutating func send(_ now: UInt64) -> Bool {
        do {
            guard try moveOn() > 0 else { return false }
        } catch {
            refuse()
            return false
        }
        movedAt = now
        return true
    }

    /// Sends payload on, and keeps it if the request may have to be sent again.
    private mutating func moveOn() throws(PeerError) -> Int {
        guard let replay else { return try source.drain { payload throws(PeerError) in try sink.write(payload) } }
        let count = try source.drain { payload throws(PeerError) in
            let count = try sink.write(payload)
            replay.append(payload.extracting(first: count))
            return count
        }
        if replay.isWhole { resent += count }
        return count
    }

    /// Sends what an earlier attempt took from the client.
    private mutating func resend(_ replay: Replay, _ now: UInt64) -> Bool {
        do {
            let kept = replay.bytes
            let count = try sink.write(kept.span.extracting(resent..<kept.count))
            guard count > 0 else { return false }
            resent += count
        } catch {
            refuse()
            return false
        }
        movedAt = now
        return true
    }

    private mutating func flush() -> Bool {
        do {
            return try sink.flush()
        } catch {
            refuse()
            return false
        }
    }

    /// Ends the request's body. While the upstream is blocked, `nextBody` says `finished` again in later steps.
    private mutating func finish(_ now: UInt64) {
        if !hasFinished {
            hasFinished = true
            sink.finish(trailers: trailers?.kept(of: source.trailers))
        }
        guard flush() else { return }
        state = .sent
        movedAt = now
    }

    /// The upstream took no more: it may have answered early and closed, so the answer is still looked for.
    private mutating func refuse() {
        state = .refused
        sink.discard()
    }
}
