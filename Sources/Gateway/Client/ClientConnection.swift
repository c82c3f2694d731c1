import EventLoop
import HTTP
import Logging
import TLS
import Transport

/// One client's connection, from its handshake to its close. What is spoken over it is its session's affair.
final class ClientConnection {
    let stream: Stream
    let waiter: Waiter
    let resources: WorkerResources
    let endpoint: ClientEndpoint
    let log: Logger
    /// Unique among the connections of its worker.
    let number: UInt64
    /// When it was accepted, in monotonic nanoseconds.
    let began: UInt64

    private enum Phase {
        case new
        /// No TLS session could be made for it.
        case broken
        case open(any ClientSession)
        /// Its session waits for the client, without a task.
        case asleep(any ClientSession, since: UInt64)
        /// It has left HTTP by an upgrade, and does so to its end.
        case tunnel(Tunnel)
        case closing
    }

    private var phase = Phase.new
    /// Does its task wait for a request's first byte?
    private var isIdle = false
    /// It is closed, though only idle, to make room for a new client.
    private var isEvicted = false
    /// The client sent another request soon after the connection fell asleep.
    private var isBusy = false
    private var wokenBy = Waiter.Wake.ready
    /// How long the task of a busy connection waits for the next request before it ends, in nanoseconds.
    private static let taskKeepTime: UInt64 = 1_000_000_000

    init(
        _ socket: Socket, peer: SocketAddress, acceptor: Acceptor, resources: WorkerResources, log: Logger
    ) {
        (number, began) = (resources.connections.nextNumber(), resources.now)
        endpoint = ClientEndpoint(peer: peer, acceptor: acceptor, connection: number)
        self.resources = resources
        self.log = log
        waiter = Waiter(loop: resources.loop)
        socket.waiter = waiter
        var session: TLSSession?
        if let names = acceptor.plan.tls {
            do throws(TLSError) {
                session = try TLSSession(accepting: socket.descriptor, names: names)
            } catch {
                log.error("no TLS session can be made", metadata: ["reason": "\(error.reason)"])
                phase = .broken
            }
        }
        stream = Stream(socket, tls: session)
    }

    /// How a run of a connection's task ended.
    enum Ending {
        case ended
        /// The connection is idle and needs no task: `WorkerResources.resume` gives it one when something happens.
        case asleep
    }

    /// Serves the connection until it ends or falls asleep.
    func run() async -> Ending {
        switch phase {
        case .new:
            if let protection = endpoint.proxyProtocol, await !identifyClient(protection) { return await abort() }
            if let tcp = endpoint.listener.tcp { return await passOn(tcp) ? close() : abort() }
            guard await performHandshake() else { return await close(hasUnreadInput: stream.tls == nil, hasBegun: false) }
            return await serve(makeSession())
        case .asleep(let session, let since):
            // A client that comes back soon is likely to do so again: keeping the task is then cheaper than a new one each time.
            isBusy = resources.now &- since < Self.taskKeepTime
            switch wokenBy {
            case .ready: return await serve(session)
            // Bytes came after the deadline and before this task began: no event will announce them again.
            case .deadline where stream.socket.isReadable: return await serve(session)
            case .deadline where session.outlivesIdleDeadline(): return fallAsleep(session)
            case .deadline, .notified: return await close(session)
            }
        case .open(let session): return await serve(session)
        case .tunnel(let tunnel): return await run(tunnel)
        case .broken, .closing: return await abort()
        }
    }

    private func serve(_ session: any ClientSession) async -> Ending {
        phase = .open(session)
        while true {
            switch await session.serveDirectly() {
            case .idle:
                switch await waitForRequest(session) {
                case .come: continue
                case .asleep: return fallAsleep(session)
                case .over: return await close(session)
                }
            case .last: return await close(session, hasAnswered: true)
            case .cut: return await abort(session)
            case .truncated(let endsWithConnection): return await endTruncated(session, endsWithConnection)
            case .upgraded(let tunnel):
                phase = .tunnel(tunnel)
                return await run(tunnel)
            case .speaksHTTP2(let begun):
                session.discard()
                return await serve(makeHTTP2Session(begun))
            }
        }
    }

    // MARK: The handshake

    private func performHandshake() async -> Bool {
        guard stream.tls != nil else { return true }
        do throws(TransportError) {
            try await stream.performHandshake(waiter, timeout: endpoint.limits.handshakeTimeout)
            if let session = stream.tls { resources.records.series.handshake(session) }
        } catch {
            await handshakeFailed(error)
            return false
        }
        endpoint.session = stream.tls
        resources.handshakes.countCompleted(isResumed: stream.tls?.isResumed == true)
        return true
    }

    private func handshakeFailed(_ error: TransportError) async {
        report(error)
        guard case .tls(let tls) = error else { return }
        switch tls.kind {
        case .plainHTTP: await refusePlainHTTP()
        // In TLS 1.3 a client sends its request before it can know that its certificate is refused. Were that left unread, it
        // would see a reset, and not the alert that says why.
        case .handshake, .verification, .protocolViolation: stream.abandonTLS()
        case .configuration, .truncated, .system: break
        }
    }

    /// A TLS port never serves plain HTTP, but it says so in words that the client understands.
    private func refusePlainHTTP() async {
        stream.abandonTLS()
        let session = makeSession()
        await session.refuse(
            Failure(.plainHTTPOnTLSPort, detail: "This port speaks HTTPS: use https:// instead of http://"))
        session.discard()
    }

    // MARK: Idle

    private enum Wait {
        case come, asleep, over
    }

    /// Between requests a busy connection waits a little before it falls asleep.
    @inline(__always)  // Price 7.
    private func waitForRequest(_ session: any ClientSession) async -> Wait {
        let isFirst = !session.hasServed
        let isDraining = resources.isDraining
        if !isFirst, isDraining || endpoint.mustClose { return .over }
        if !isFirst, !isBusy { return .asleep }
        let timeout = isFirst ? endpoint.limits.headTimeout : endpoint.limits.keepAliveTimeout
        let end = min(session.idleSince &+ timeout, resources.arrivalDeadline(of: session.idleSince))
        let now = resources.now
        // Against slow clients (slowloris): a TLS record that comes byte by byte wakes often, and none of its bytes is a
        // request's, so the deadline stays where it was.
        guard end > now else { return .over }
        isIdle = true
        stream.watch(reading: true, writing: false)
        let wake = await waiter.wait(timeout: isFirst ? end - now : min(Self.taskKeepTime, end - now))
        isIdle = false
        stream.watch(reading: false, writing: false)
        return switch wake {
        case .ready: .come
        case .deadline: isFirst ? .over : .asleep
        // The drain has begun: what a client that has just come asks for may be on its way.
        case .notified: isFirst && !isDraining && resources.isDraining ? .come : .over
        }
    }

    private func fallAsleep(_ session: any ClientSession) -> Ending {
        let now = resources.now
        phase = .asleep(session, since: now)
        endpoint.forget()
        session.releaseMemory()
        stream.releaseMemory()
        stream.watch(reading: true, writing: false)
        let identifier = ObjectIdentifier(self)
        waiter.sleep(timeout: max(session.idleDeadline, now) - now) { [unowned self] wake in
            stream.watch(reading: false, writing: false)
            wokenBy = wake
            resources.resume(identifier)
        }
        return .asleep
    }

    // MARK: The tunnel

    /// The connection's rest, after an upgrade.
    private func run(_ tunnel: Tunnel) async -> Ending {
        resources.check(tunnel)
        guard let ending = await tunnel.run() else {
            let identifier = ObjectIdentifier(self)
            tunnel.sleep { [unowned self] in resources.resume(identifier) }
            return .asleep
        }
        resources.records.note(ending, of: tunnel, now: resources.now)
        // The upstream is free from now on, however long the client takes to leave.
        phase = .closing
        return ending.isAbnormal ? await abort() : await close()
    }

    // MARK: Drain and end

    /// The gateway drains: an idle connection ends now, a busy one after its exchange, and who has just come is served once.
    func drain() {
        switch phase {
        case .asleep: waiter.notify()
        case .tunnel(let tunnel): tunnel.drain(after: resources.drainDelay())
        case .open where isIdle: waiter.notify()
        case .open(let session):
            for tunnel in session.openTunnels { tunnel.drain(after: resources.drainDelay()) }
            session.drain()
        case .new, .broken, .closing: break
        }
    }

    /// Its listener is retired: ends when the exchange under way has. Unlike `drain` it leaves tunnels alone, which end with
    /// their routes.
    func endAfterExchange() {
        switch phase {
        case .asleep: waiter.notify()
        case .open(let session) where isIdle: if session.hasServed { waiter.notify() }
        case .open(let session): session.drain()
        case .new, .broken, .tunnel, .closing: break
        }
    }

    var activity: ConnectionReport.Activity {
        switch phase {
        case .new, .broken: endpoint.listener.tcp == nil ? .beginning : .tcp
        case .asleep: .idle
        case .open(let session): isIdle ? .idle : session.openTunnels.isEmpty ? .request : .tunnel
        case .tunnel: .tunnel
        case .closing: .closing
        }
    }

    /// An operator ends it: at once, or tunnels get this Close frame, and a request is answered first.
    func end(_ end: OperatorEnd) {
        endpoint.isEndedByOperator = true
        guard case .graceful(let close) = end else { return cut() }
        forEachTunnel { $0.endByOperator(close) }
        if isIdle { waiter.notify() } else { endAfterExchange() }
    }

    /// Looks at the tunnels over this connection.
    func forEachTunnel(_ body: (Tunnel) -> Void) {
        switch phase {
        case .tunnel(let tunnel): body(tunnel)
        case .open(let session): session.openTunnels.forEach(body)
        case .new, .broken, .asleep, .closing: break
        }
    }

    /// For reports: the requests whose exchanges have begun and not ended.
    /// - Parameter streams: the worker's, by their sessions.
    func requestsUnderWay(among streams: [ObjectIdentifier: [any StreamExchange]]) -> [RequestUnderWay] {
        guard case .open(let session) = phase else { return [] }
        return session.requestsUnderWay(among: streams[ObjectIdentifier(session)] ?? [])
    }

    /// Since when it has been idle between two requests, in monotonic nanoseconds; nil while it is not, or has been evicted.
    var idleSince: UInt64? {
        if isEvicted { return nil }
        return switch phase {
        case .asleep(let session, _): session.idleSince
        case .open(let session) where isIdle && session.hasServed: session.idleSince
        case .new, .broken, .open, .tunnel, .closing: nil
        }
    }

    /// Closes an idle connection to make room for a new client.
    func evict() {
        isEvicted = true
        waiter.notify()
    }

    /// Cuts whatever is under way. The descriptor stays open until the connection's task has seen it: closed here, its number
    /// could already be another connection's when the task reads once more.
    func cut() {
        let reason: TunnelEnding.Reason = endpoint.isEndedByOperator ? .byOperator : .cut
        if case .tunnel(let tunnel) = phase { return tunnel.cut(reason) }
        // First, or they would see no more than that the client is gone.
        if case .open(let session) = phase { for tunnel in session.openTunnels { tunnel.cut(reason) } }
        stream.breakOff()
        waiter.notify()
    }

    private var closing: ConnectionClosing {
        ConnectionClosing(stream: stream, waiter: waiter, resources: resources, endpoint: endpoint)
    }

    private func close(
        _ session: (any ClientSession)? = nil, hasUnreadInput: Bool = false, hasAnswered: Bool = false, hasBegun: Bool = true
    ) async -> Ending {
        let hasUnreadInput = session?.hasUnreadInput ?? hasUnreadInput
        phase = .closing
        session?.announceEnd()
        session?.discard()
        await closing.close(hasUnreadInput: hasUnreadInput, hasAnswered: hasAnswered, hasBegun: hasBegun)
        return .ended
    }

    private func endTruncated(_ session: any ClientSession, _ endsWithConnection: Bool) async -> Ending {
        phase = .closing
        session.discard()
        await closing.endTruncated(endsWithConnection: endsWithConnection)
        return .ended
    }

    /// A visible cut.
    private func abort(_ session: (any ClientSession)? = nil) async -> Ending {
        phase = .closing
        session?.discard()
        closing.abort()
        return .ended
    }
}
