import Buffers
import EventLoop
import HTTP2
import Messages
import Transport

/// A connection to an upstream that speaks HTTP/2 and carries many exchanges.
///
/// It has no task: what comes is read when the event loop tells of it, and what exchanges want to send goes out at the end of the
/// turn, all of it in one write.
final class HTTP2UpstreamConnection: AddressedConnection {
    let http2: HTTP2Connection
    private let stream: Stream
    private let waiter: Waiter
    private let loop: EventLoop
    /// Holds it as long as it takes exchanges, and outlives it.
    private unowned let owner: SharedConnections
    let address: SocketAddress?
    var addressVersion: Int
    var isTLS: Bool { stream.tls != nil }

    private(set) var isOpen = true
    /// Why it is not open any more, for the log; nil while it is.
    private(set) var endedBy: String?
    /// Takes no exchange any more, and ends with its last.
    private var isRetired = false
    /// The code of the last GOAWAY that has been heeded; nil: none has.
    private var heededCode: ErrorCode?
    /// Has it carried an exchange to its end?
    private(set) var hasServed = false
    /// Since when it carries none, in monotonic nanoseconds.
    private(set) var idleSince: UInt64
    var liveness: HTTP2Liveness
    /// Waiters of the tasks that wait for the server's settings.
    private var newcomers: [Waiter] = []
    private var isTurnEndDue = false
    private var isInWake = false
    private var coalescing = HTTP2ReadCoalescing()
    /// When the loop tells that the time of coalescing is over, in monotonic nanoseconds; nil: it does not.
    private var coalescingTold: UInt64?
    /// Did the kernel not take all that there was to send, the last time?
    private var isBehind = false
    /// They hold the connection, which lets go of them at its end.
    private var spareSides: [HTTP2Upstream] = []
    /// Room for the text of a head.
    private var spareText: [UInt8] = []
    let encodedRequests = EncodedSections()

    init(
        _ stream: Stream, of owner: SharedConnections, loop: EventLoop, buffers: BufferPool, limits: StreamLimits,
        liveness: HTTP2Liveness, address: SocketAddress?, addressVersion: Int
    ) {
        self.stream = stream
        self.owner = owner
        self.loop = loop
        self.address = address
        self.addressVersion = addressVersion
        waiter = Waiter(loop: loop)
        idleSince = loop.now
        self.liveness = liveness
        http2 = HTTP2Connection(stream, as: .client, buffers: buffers, loop: loop, limits: limits)
        http2.onOutput = { [unowned self] in askForTurnEnd() }
        stream.attach(to: waiter)
        stream.watch(reading: true, writing: false)
        sleep()
        // Our preface goes with the first request.
        askForTurnEnd()
    }

    // MARK: Exchanges

    /// Does its server get requests in HTTP/1.1 if it wants that?
    var mayFallBack: Bool { owner.mayFallBack }
    /// Streams that are open or are about to be.
    var exchanges: Int { http2.runningExchanges }
    var isIdle: Bool { exchanges == 0 }

    /// May another exchange begin on it?
    /// - Parameter most: exchanges at once that we want on one connection.
    func hasRoom(most: Int) -> Bool {
        isOpen && !isRetired && !isOverfull && !liveness.isSuspect && http2.error == nil && !http2.hasReceivedGoAway
            && http2.hasNumbers && exchanges < min(most, Int(clamping: http2.peer.maxConcurrentStreams))
    }

    /// Does so much wait that no other exchange may begin on it? Heads need no window, and a request that its client gives up
    /// makes room for another: those of a server that does not read would be collected here without end.
    private var isOverfull: Bool { isBehind && http2.unsentCount > Self.maxUnsentBytes }

    /// Does the server allow no streams on it? That may be for a short time (RFC 9113 §6.5.2).
    private var allowsNone: Bool { http2.peer.maxConcurrentStreams == 0 }

    /// One such is kept, for when it allows some. Each request makes another meanwhile, and hundreds would be kept as idle ones.
    private var isOneTooMany: Bool {
        allowsNone && owner.all.contains { $0 !== self && $0.isIdle && $0.allowsNone && $0.address == address }
    }

    /// Bytes; more than bodies ever have waiting.
    private static let maxUnsentBytes = 131_072

    /// Waits until the server has said what it takes.
    /// - Parameters:
    ///   - waiter: the calling task's.
    ///   - end: monotonic nanoseconds after which it has waited for long enough.
    /// - Returns: may WebSockets be opened on it (RFC 8441 §3)? Nil if it has not said anything.
    nonisolated(nonsending) func takesWebSockets(_ waiter: Waiter, until end: UInt64) async -> Bool? {
        while isOpen, !http2.hasSettings, loop.now < end {
            newcomers.append(waiter)
            _ = await waiter.wait(timeout: end - loop.now)
            newcomers.removeAll { $0 === waiter }
        }
        return http2.hasSettings ? http2.peer.enablesConnectProtocol : nil
    }

    private func tellNewcomers() {
        for waiter in newcomers { waiter.wake(.ready) }
    }

    /// A stream for one more exchange.
    func makeSide() -> HTTP2Upstream {
        if isIdle {
            liveness.asked(at: loop.now)
            // Clients may leave so soon that no sweep ever finds an answer awaited.
            if liveness.step(isAwaited: true, now: loop.now) == .ping { http2.sendPing() }
        }
        let side = takeSpareSide() ?? HTTP2Upstream(of: self)
        side.take(http2.makeRequestStream())
        return side
    }

    /// - Returns: one that nobody else has any more.
    private func takeSpareSide() -> HTTP2Upstream? {
        // Taken out while it is changed, as below: price 1.
        var sides = exchange(&spareSides, with: [])
        defer { spareSides = sides }
        while var spare = sides.popLast() {
            if isKnownUniquelyReferenced(&spare) { return spare }
        }
        return nil
    }

    /// Keeps a side whose exchange is over for another.
    func keep(_ side: HTTP2Upstream) {
        guard isOpen else { return }
        var sides = exchange(&spareSides, with: [])
        if sides.count < Self.maxSpareSides { sides.append(side) }
        spareSides = sides
    }

    /// How many sides are kept for later exchanges: as many as streams are open at a time by default.
    private static let maxSpareSides = 128

    /// The exchange on a stream is over, one way or the other.
    func end(_ ended: HTTP2Stream) {
        // ENHANCE_YOUR_CALM of one stream is about that one: what its client sent must not make all others wait.
        if ended.resetCode == .http11Required { owner.fallBack() }
        let isWhole = !ended.hasLeft && ended.inflow.isBodyFinished
        http2.endExchange(on: ended)
        guard isOpen else { return }
        if isWhole, !hasServed {
            hasServed = true
            // TLS 1.3 tickets arrive after the handshake: by the first exchange's end they are in.
            if !stream.hasUnsent { stream.takeOverRecords() }
        }
        idleSince = loop.now
        if isIdle, isRetired || isOverfull || http2.hasReceivedGoAway || isOneTooMany || owner.hasTooManyIdle { close() }
    }

    /// Lends room for a head's text.
    func takeText() -> [UInt8] { exchange(&spareText, with: []) }

    /// Takes back the room that `takeText` has lent.
    func release(_ text: inout [UInt8]) {
        if !text.isEmpty { text.removeAll(keepingCapacity: true) }
        spareText = exchange(&text, with: [])
    }

    // MARK: Its end

    /// Takes no more exchanges; ends when those under way have.
    func retire() {
        isRetired = true
        if isOpen, isIdle { close() }
    }

    /// Says that it goes, and goes.
    func close() {
        http2.goAway(isFinal: true)
        end(nil)
    }

    /// It has ended, or must.
    /// - Parameter error: how it broke; nil if it did not.
    func end(_ error: PeerError?) {
        guard isOpen else { return }
        isOpen = false
        spareSides = []
        // What the kernel does not take now is not worth waiting for.
        if error == nil { _ = try? http2.flush() }
        let cause = ending(error)
        endedBy = http2.error.map { "the connection ended: \($0.code.name): \($0.reason)" } ?? cause.description
        http2.endStreams(cause)
        owner.ended(self)
        tellNewcomers()
        http2.discard()
        stream.socket.interest = .none
        stream.close()
        // Within its own wake that is what the wake comes to.
        if !isInWake { waiter.wake(.notified) }
    }

    /// What its exchanges are told. A server that says why it goes has said more than the reset that may follow.
    private func ending(_ error: PeerError?) -> PeerError {
        guard let goAway = http2.receivedGoAway else { return error ?? .broken("the server closed the connection") }
        let words = "the server has left: \(goAway.code.name) \(goAway.debugData)"
        return .broken(error.map { "\(words); \($0.description)" } ?? words)
    }

    /// Asks the kernel whether the server has said anything since, as that it goes: one system call.
    /// - Returns: may an exchange begin that may not be repeated?
    func isStillThere() -> Bool {
        if stream.peerHasSpoken() {
            stream.socket.isReadable = true
            move()
        }
        return isOpen && !http2.hasReceivedGoAway
    }

    // MARK: Reading and writing

    private func sleep() {
        waiter.sleep(timeout: Self.longSleep, handler: self) { [weak self] _ in
            guard let self else { return }
            if isOpen { sleep() } else { waiter.retire() }
        }
    }

    /// Nanoseconds: its deadlines are looked at by the pool's sweep.
    private static let longSleep: UInt64 = 3_600_000_000_000

    private func askForTurnEnd() {
        guard !isTurnEndDue else { return }
        isTurnEndDue = true
        loop.atTurnEnd(self)
    }

    private func move() {
        let before = http2.bytesRead
        let frames = http2.frameCount
        var isReading = true
        let read: BodyRead
        let isSent: Bool
        do throws(PeerError) {
            read = try http2.receiveForTurn()
            // A frame that never ends is silence: nothing else can come meanwhile, whatever else is awaited.
            if http2.frameCount != frames { liveness.heard(at: loop.now) }
            isReading = false
            isSent = try http2.flush()
        } catch {
            if !isReading { readRest() }
            // What breaks the connection may have come together with it.
            heedGoAway()
            return end(error)
        }
        isBehind = !isSent
        heedGoAway()
        if http2.error != nil || read == .end { return end(nil) }
        if isIdle, http2.hasReceivedGoAway { return close() }
        if !newcomers.isEmpty, http2.hasSettings { tellNewcomers() }
        gather(http2.bytesRead &- before)
        // What was in the way of reading is gone, and nothing else would tell.
        let isMore = http2.wakeWriters(atMost: Self.writersPerTurn) || read == .progress || read == .full && isSent
        stream.watch(reading: read != .full, writing: !isSent)
        if isMore { askForTurnEnd() }
    }

    private static let writersPerTurn = 8

    /// The server takes nothing more. What it has sent before it went may be here, and the rest of answers with it, also if the
    /// event loop has not told of it yet.
    private func readRest() {
        stream.socket.isReadable = true
        for _ in 0..<Self.maxRestReads {
            guard let read = try? http2.receive(), read == .progress else { return }
        }
    }

    /// Buffers: more than the kernel holds of what the connection's window lets come.
    private static let maxRestReads = 256

    /// The server may go in steps: why it does may be what its last GOAWAY says.
    private func heedGoAway() {
        guard http2.hasReceivedGoAway, let code = http2.receivedGoAway?.code, code != heededCode else { return }
        heededCode = code
        isRetired = true
        if code == .enhanceYourCalm { owner.backOff() }
        if code == .http11Required { owner.fallBack() }
    }

    /// - Parameter count: bytes that were read.
    private func gather(_ count: Int) {
        let before = coalescing.lowWater
        coalescing.didRead(count, exchanges: exchanges, now: loop.now)
        if coalescing.lowWater != before { stream.setLowWater(coalescing.lowWater) }
        if coalescing.isOn, coalescingTold == nil { awaitCoalescing() }
        if let end = coalescing.pause(exchanges: exchanges, now: loop.now) { loop.pause(until: end) }
    }

    private func awaitCoalescing() {
        coalescingTold = coalescing.end
        loop.atTurnEnd(self, from: coalescing.end)
    }

    /// What has come is read, however much it is, once it has been awaited for long enough.
    private func endCoalescing() {
        coalescingTold = nil
        guard coalescing.isOn else { return }
        if loop.now < coalescing.end { awaitCoalescing() } else { stream.socket.isReadable = true }
    }
}

extension HTTP2UpstreamConnection: ReadinessHandler {
    func becameReady() -> Bool {
        isInWake = true
        move()
        isInWake = false
        return isOpen
    }
}

extension HTTP2UpstreamConnection: TurnEndHandler {
    func turnEnded() {
        isTurnEndDue = false
        guard isOpen else { return }
        if let coalescingTold, loop.now >= coalescingTold { endCoalescing() }
        move()
    }
}
