import EventLoop
import Logging
import StaticFiles
package import Transport
import Upstreams

/// One core's worth of the gateway: its own event loop, listeners, connections and pools. Nothing of it is shared.
actor Worker {
    nonisolated let loop: EventLoop
    private let log: Logger
    private var state: WorkerState?
    private var listeners: [Listener] = []
    private var isDraining = false
    private var watchesUpstreams = false

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop outlives its worker: both live as long as the gateway, which holds the workers, which hold their loops.
        unsafe loop.asUnownedSerialExecutor()
    }

    init(loop: EventLoop, log: Logger) {
        self.loop = loop
        self.log = log
    }

    /// Opens this worker's listening sockets.
    /// - Throws: the address that cannot be had, and why.
    /// - Parameter watchesUpstreams: whether it is this worker that probes and that logs changes of health.
    func open(
        _ plan: Plan, shared: SharedState, sink: LogSink, addresses: [SocketAddress], watchesUpstreams: Bool
    ) throws -> [SocketAddress] {
        self.watchesUpstreams = watchesUpstreams
        let accessLog = AccessLog(plan.logging, sink: sink)
        state = try WorkerState(plan: plan, loop: loop, shared: shared, log: accessLog) { [loop] sleeper in
            Task(executorPreference: loop) { await self.resume(sleeper) }
        }
        if watchesUpstreams { try state?.makeProbers() }
        for address in addresses {
            do throws(SystemError) {
                listeners.append(try Listener(address, on: loop))
            } catch {
                throw ListenError(address: address, cause: error)
            }
        }
        return listeners.map(\.address)
    }

    /// Serves until drained: returns when the last connection has ended.
    func run() async {
        await withDiscardingTaskGroup { group in
            for index in listeners.indices {
                group.addTask { await self.acceptClients(index) }
            }
            for index in (state?.probers ?? []).indices {
                group.addTask { await self.probe(index) }
            }
            group.addTask { await self.tickUntilDrained() }
        }
        state?.names.close()
        state?.log.flush()
    }

    /// Takes no more clients and lets the exchanges in flight end.
    func drain() {
        isDraining = true
        for listener in listeners { listener.close() }
        state?.drain()
    }

    /// Cuts what is left.
    func cutAll() {
        state?.cutAll()
    }

    var connectionCount: Int { state?.connectionCount ?? 0 }

    // MARK: -

    /// Non-throwing, so that one connection's failure never touches another; ends only by drain.
    private func acceptClients(_ index: Int) async {
        guard let state else { return }
        let listener = listeners[index]
        let waiter = Waiter(loop: loop)
        listener.socket.waiter = waiter
        await withDiscardingTaskGroup { connections in
            var turns = 0
            while !isDraining {
                turns += 1
                // A flood of new clients must not keep those that are here from being served.
                if turns % 32 == 0 { await loop.yield() }
                guard state.shared.reserve() else {
                    await pause(waiter, state)
                    continue
                }
                switch listener.accept() {
                case .connection(let descriptor, let peer):
                    guard state.shared.clients.enter(peer) else {
                        turnAway(descriptor, peer, state)
                        continue
                    }
                    connections.addTask { await self.serve(descriptor, peer, index) }
                    continue
                case .none:
                    state.shared.release()
                    listener.socket.interest = .read
                    _ = await waiter.wait(timeout: nil)
                    listener.socket.interest = .none
                case .lost(let error):
                    state.shared.release()
                    if isDraining { break }
                    log.debug("a client was lost before it was accepted", metadata: ["reason": "\(error.reason)"])
                    await loop.yield()
                case .exhausted(let error):
                    state.shared.release()
                    if isDraining { break }
                    // A client is worth more than a file that is open only because it may be asked for again.
                    if state.fileCache.closeFiles() { continue }
                    state.shared.tellShortage()
                    log.warning("accepting pauses", metadata: ["reason": "\(error.reason)"])
                    _ = await waiter.wait(timeout: Worker.backOff)
                }
            }
            waiter.retire()
        }
    }

    /// At `max_connections` the kernel's backlog holds new clients until one of ours has left.
    private func pause(_ waiter: Waiter, _ state: WorkerState) async {
        let pauses = state.shared.countPause()
        let isLogged = pauses == 1 || pauses % 1000 == 0
        if isLogged { log.warning("accepting pauses: max_connections is reached", metadata: ["pauses": "\(pauses)"]) }
        while !isDraining {
            state.pause(waiter)
            // A connection may end on another worker, which does not tell us: look again soon.
            _ = await waiter.wait(timeout: Worker.backOff)
            guard state.shared.reserve() else { continue }
            state.shared.release()
            if isLogged { log.warning("accepting resumes", metadata: ["pauses": "\(pauses)"]) }
            return
        }
    }

    /// One client's connections must not be everybody's: at `max_connections_per_client` its next is closed before it costs a
    /// handshake.
    private func turnAway(_ descriptor: Int32, _ peer: SocketAddress, _ state: WorkerState) {
        Listener.turnAway(descriptor)
        state.shared.release()
        let count = state.shared.clients.countTurnedAway()
        guard count == 1 || count % 1000 == 0 else { return }
        log.warning(
            "a client is turned away: max_connections_per_client is reached",
            metadata: ["client": "\(peer.host)", "turned_away": "\(count)"])
    }

    private func serve(_ descriptor: Int32, _ peer: SocketAddress, _ index: Int) async {
        guard let connection = adopt(descriptor, peer, index) else { return }
        await live(connection)
    }

    /// A sleeping connection's socket, deadline or the drain has woken it.
    private func resume(_ sleeper: ObjectIdentifier) async {
        guard let connection = state?.connection(sleeper) else { return }
        await live(connection)
    }

    private func live(_ connection: ClientConnection) async {
        if await connection.run() == .ended { state?.remove(connection) }
    }

    private func adopt(_ descriptor: Int32, _ peer: SocketAddress, _ index: Int) -> ClientConnection? {
        guard let state else { return nil }
        let socket: Socket
        do throws(SystemError) {
            socket = try Socket(adopting: descriptor, on: loop)
        } catch {
            log.error("a connection cannot be watched", metadata: ["reason": "\(error)"])
            state.shared.clients.leave(peer)
            state.shared.release()
            return nil
        }
        let connection = ClientConnection(
            socket, peer: peer, listener: state.plan.listeners[index], port: listeners[index].address.port, state: state,
            log: log)
        state.add(connection)
        return connection
    }

    private func tickUntilDrained() async {
        let waiter = Waiter(loop: loop)
        while !isDraining || connectionCount > 0 {
            _ = await waiter.wait(timeout: Worker.tick)
            state?.tick()
            if watchesUpstreams, let state { HealthLog(log).report(state.plan.servers, now: loop.now) }
        }
    }

    private func probe(_ index: Int) async {
        await state?.probers[index].run()
    }

    private static let backOff: UInt64 = 100_000_000
    private static let tick: UInt64 = 250_000_000
}

/// An address that cannot be listened on.
package struct ListenError: Error, CustomStringConvertible {
    package let address: SocketAddress
    let cause: SystemError

    package var description: String { "cannot listen on \(address): \(cause.reason)" }
}
