import EventLoop
import HTTP
import Messages
import Logging
import TLS
import Transport

/// One client's connection, from its handshake to its close: one exchange after another.
final class ClientConnection {
    let stream: Stream
    let inflow: Inflow
    let outflow: Outflow
    let waiter: Waiter
    let state: WorkerState
    let connection: ConnectionFacts
    private let log: Logger

    /// The head of the exchange under way; none while the connection waits, so that waiting costs no memory for it.
    var head: RequestHead?
    private(set) var requestCount = 0
    private var isIdle = false
    /// What the connection has become after an upgrade; it stays so to its end.
    private var tunnel: Tunnel?
    /// This exchange is the connection's last.
    var closes = false
    /// The answer was cut: close so that the client sees it.
    var isAborted = false

    init(
        _ socket: Socket, peer: SocketAddress, listener: ListenerPlan, port: UInt16, state: WorkerState, log: Logger
    ) {
        connection = ConnectionFacts(peer: peer, listener: listener, port: port)
        self.state = state
        self.log = log
        waiter = Waiter(loop: state.loop)
        socket.waiter = waiter
        var session: TLSSession?
        if let names = listener.tls {
            do throws(TLSError) {
                session = try TLSSession(accepting: socket.descriptor, names: names)
            } catch {
                log.error("no TLS session can be made", metadata: ["reason": "\(error.reason)"])
                isAborted = true
            }
        }
        stream = Stream(socket, tls: session)
        inflow = Inflow(stream, buffers: state.buffers, chunkLimits: state.plan.limits.chunks, from: .client)
        outflow = Outflow(stream, buffers: state.buffers)
    }

    /// How a run of a connection's task ended.
    enum Ending {
        case ended
        /// The connection is idle and needs no task: `WorkerState.resume` gives it one when something happens.
        case asleep
    }

    /// Serves the connection until it ends or falls asleep.
    func run() async -> Ending {
        if isAborted { return await close() }
        switch phase {
        case .new:
            guard await shakeHands() else { return await close() }
            idleSince = state.loop.now
        case .asleep(let since):
            // Who comes back soon will do so again: then a task that waits is cheaper than a new one each time.
            isBusy = state.loop.now &- since < Self.nap
            guard wokenBy == .ready || inflow.hasBytes else { return await close() }
        case .awake: break
        case .tunnel:
            if await runTunnel() == .asleep { return .asleep }
            return await close()
        }
        phase = .awake
        while true {
            switch await serveNext() {
            case .another: continue
            case .asleep: return .asleep
            case .last: return await close()
            }
        }
    }

    private enum Phase {
        case new
        case awake
        /// After an upgrade, to the end.
        case tunnel
        case asleep(since: UInt64)
    }

    private enum Next {
        case another, last, asleep
    }

    private var phase = Phase.new
    private var isBusy = false
    /// When the last exchange ended, or the handshake.
    private var idleSince: UInt64 = 0
    private var wokenBy = Waiter.Wake.ready
    /// How long an idle connection's task waits before it makes room, in nanoseconds.
    private static let nap: UInt64 = 1_000_000_000

    private func fallAsleep() {
        phase = .asleep(since: state.loop.now)
        connection.forget()
        stream.rest()
        stream.socket.interest = stream.readInterest
        let identifier = ObjectIdentifier(self)
        let idle = state.loop.now &- idleSince
        let timeout = state.plan.limits.keepAliveTimeout
        waiter.sleep(timeout: timeout > idle ? timeout - idle : 0) { [unowned self] wake in
            stream.socket.interest = .none
            wokenBy = wake
            state.resume(identifier)
        }
    }

    /// Called when the gateway drains: an idle connection ends now, a busy one after its exchange.
    func drain() {
        closes = true
        tunnel?.drain(after: state.drainDelay())
        if case .asleep = phase { return waiter.tell() }
        if isIdle { waiter.tell() }
    }

    /// Cuts whatever is under way. The descriptor stays open until the connection's task has seen it: closed here, its number
    /// could already be another connection's when the task reads once more.
    func cut() {
        isAborted = true
        if let tunnel { return tunnel.cut() }
        stream.breakOff()
        waiter.tell()
    }

    // MARK: The steps

    private func shakeHands() async -> Bool {
        guard stream.tls != nil else { return true }
        do throws(TransportError) {
            try await stream.shakeHands(waiter, timeout: state.plan.limits.handshakeTimeout)
        } catch {
            await handshakeFailed(error)
            return false
        }
        if let tls = stream.tls {
            connection.session = tls
            connection.serverNameSite = tls.serverName.flatMap { connection.listener.site(named: $0) }
        }
        return true
    }

    private func handshakeFailed(_ error: TransportError) async {
        if case .tls(let tls) = error, tls.kind == .plainHTTP {
            await refusePlainHTTP()
        }
        let reason = error.description
        log.info("TLS handshake failed", metadata: ["client": "\(connection.peer.host)", "reason": "\(reason)"])
    }

    /// A TLS port never serves plain HTTP, but it says so in words that the client understands.
    private func refusePlainHTTP() async {
        stream.abandonTLS()
        let head = state.acquireRequestHead()
        self.head = head
        closes = true
        let failure = Failure(
            "plain_http_on_tls_port", status: 400, blame: .client,
            detail: "This port speaks HTTPS: use https:// instead of http://")
        await refuse(failure)
        state.release(head)
        self.head = nil
    }

    /// One request and its answer.
    private func serveNext() async -> Next {
        let head: RequestHead
        do throws(Failure) {
            switch try await readHead() {
            case .head(let read): head = read
            case .none: return .last
            case .idle:
                fallAsleep()
                return .asleep
            }
        } catch {
            closes = true
            await refuse(error)
            return .last
        }
        requestCount += 1
        let limit = state.plan.limits.maxRequestsPerConnection
        closes = closes || !head.keepsAlive || state.isDraining || (limit > 0 && requestCount >= limit)
        inflow.beginBody(head.framing)
        // In a block of its own: the exchange is gone before its head is used again.
        do {
            var exchange = Exchange(self, state: state)
            await exchange.run()
            tunnel = exchange.tunnel.take()
        }
        state.release(head)
        self.head = nil
        if tunnel != nil {
            phase = .tunnel
            return await runTunnel()
        }
        idleSince = state.loop.now
        return !closes && !isAborted && inflow.isBodyFinished ? .another : .last
    }

    private enum Read {
        case head(RequestHead)
        /// The client has nothing more to ask, or left.
        case none
        /// Nothing has come for a while.
        case idle
    }

    private func refuse(_ failure: Failure) async {
        var exchange = Exchange(self, state: state)
        await exchange.refuse(failure)
    }

    /// The connection's rest, after an upgrade.
    private func runTunnel() async -> Next {
        guard let tunnel else { return .last }
        if state.isDraining { tunnel.drain(after: 0) }
        guard let ending = await tunnel.run() else {
            let identifier = ObjectIdentifier(self)
            tunnel.sleep { [unowned self] in state.resume(identifier) }
            return .asleep
        }
        if ending.isAbnormal { isAborted = true }
        if state.log.isOn { state.log.append(tunnel.line, ending, duration: state.loop.now &- tunnel.born) }
        // The upstream is free now, however long the client takes to leave.
        self.tunnel = nil
        return .last
    }

    /// Reads until a head is complete.
    private func readHead() async throws(Failure) -> Read {
        let limits = state.plan.limits
        var deadline: UInt64?
        while true {
            if inflow.hasBytes {
                let head = self.head ?? state.acquireRequestHead()
                self.head = head
                if try parse(head, limits) { return .head(head) }
            }
            let fill: Inflow.Fill
            do throws(TransportError) {
                fill = try inflow.fill()
            } catch {
                noteBreak(error)
                return .none
            }
            switch fill {
            case .bytes: continue
            case .blocked: break
            case .full: throw Failure(HTTPRefusal(.headTooLarge))
            case .end: return .none
            }
            if head != nil {
                try await waitForHead(&deadline, limits)
            } else {
                if closes || state.isDraining { return .none }
                if requestCount > 0, !isBusy { return .idle }
                switch await waitForFirstByte(limits) {
                case .ready: continue
                case .deadline: return requestCount > 0 ? .idle : .none
                case .told: return .none
                }
            }
        }
    }

    /// Between requests a broken connection leaves no access line; what broke TLS is told all the same.
    private func noteBreak(_ error: TransportError) {
        guard case .tls(let tls) = error, tls.kind == .protocolViolation else { return }
        log.info("TLS connection broken off", metadata: ["client": "\(connection.peer.host)", "reason": "\(tls.reason)"])
    }

    private func parse(_ request: RequestHead, _ limits: PlanLimits) throws(Failure) -> Bool {
        do throws(HTTPRefusal) {
            return try inflow.takeHead { span throws(HTTPRefusal) in try request.parse(span, limits: limits.head) }
        } catch {
            throw Failure(error)
        }
    }

    /// A head has begun: it must be complete by its deadline.
    private func waitForHead(_ deadline: inout UInt64?, _ limits: PlanLimits) async throws(Failure) {
        let now = state.loop.now
        let end = deadline ?? now &+ limits.headTimeout
        deadline = end
        stream.socket.interest = stream.readInterest
        let wake = end > now ? await waiter.wait(timeout: end - now) : .deadline
        stream.socket.interest = .none
        if wake == .deadline, state.loop.now >= end {
            throw Failure("head_timeout", status: 408, blame: .client, key: "limits.head_timeout")
        }
    }

    /// Between requests a busy connection waits a little before it falls asleep.
    private func waitForFirstByte(_ limits: PlanLimits) async -> Waiter.Wake {
        let isFirst = requestCount == 0
        let end = idleSince &+ (isFirst ? limits.headTimeout : limits.keepAliveTimeout)
        let now = state.loop.now
        // A TLS record that comes byte by byte wakes often, and none of its bytes is a request's: it buys no time.
        guard end > now else { return .deadline }
        isIdle = true
        stream.socket.interest = stream.readInterest
        let wake = await waiter.wait(timeout: isFirst ? end - now : min(Self.nap, end - now))
        isIdle = false
        stream.socket.interest = .none
        return wake
    }

    /// An orderly end, or a visible cut. A client that still sends is read for a while, so that it gets the answer instead of a
    /// reset (RFC 9112 §9.6).
    private func close() async -> Ending {
        await closeInOrder()
        return .ended
    }

    private func closeInOrder() async {
        defer {
            if let head {
                state.release(head)
                self.head = nil
            }
            waiter.retire()
        }
        guard !isAborted else {
            inflow.discard()
            outflow.discard()
            stream.abort()
            return
        }
        let mustLinger = !inflow.isClean || (stream.mayRead && !stream.socket.hasHungUp)
        inflow.discard()
        outflow.discard()
        if mustLinger, !stream.socket.hasHungUp {
            stream.shutdownWrite()
            await linger()
        }
        stream.close()
    }

    private func linger() async {
        let deadline = state.loop.now &+ state.plan.limits.lingeringTimeout
        let sink = state.buffers.acquire(.bulk)
        defer { state.buffers.release(sink) }
        while state.loop.now < deadline {
            sink.clear()
            do throws(TransportError) {
                switch try stream.read(into: sink) {
                case .bytes:
                    await state.loop.yield()
                    continue
                case .end: return
                case .blocked: break
                }
            } catch {
                return
            }
            stream.socket.interest = stream.readInterest
            let wake = await waiter.wait(timeout: deadline - state.loop.now)
            stream.socket.interest = .none
            if wake != .ready { return }
        }
    }
}
