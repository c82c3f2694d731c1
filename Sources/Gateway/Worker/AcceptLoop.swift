import EventLoop
import Logging
import StaticFiles
import Transport

/// Lets clients in at one listener of a worker, until the worker drains or the listener has been given up.
struct AcceptLoop {
    private let acceptor: Acceptor
    private let resources: WorkerResources
    private let log: Logger
    /// Serves a connection in a task of its own, which no other's failure touches.
    private let serve: (ClientConnection) -> Void
    /// When the time to close has come the queue is emptied once more, and no more than once.
    private var leftovers = Listener.backlog

    private static let backOff: UInt64 = 100_000_000
    /// A flood of new clients must not keep those that are here from being served.
    private static let clientsPerTurn = 32

    private var loop: EventLoop { resources.loop }
    private var listener: Listener { acceptor.listener }
    private var waiter: Waiter { acceptor.waiter }
    private var mostConnections: Int { resources.generation.limits.maxConnections }

    /// - Parameter serve: begins to serve a connection, and does not wait for its end.
    init(_ acceptor: Acceptor, _ resources: WorkerResources, log: Logger, serve: @escaping (ClientConnection) -> Void) {
        self.acceptor = acceptor
        self.resources = resources
        self.log = log
        self.serve = serve
    }

    /// Closes the listener at its end.
    mutating func run() async {
        var turns = 0
        while !resources.isDraining {
            turns += 1
            if turns % Self.clientsPerTurn == 0 { await loop.yield() }
            let isClosing = acceptor.closesAt.map { loop.now >= $0 } ?? false
            if isClosing {
                leftovers -= 1
                if leftovers == 0 { break }
            }
            if resources.room.reserve(atMost: mostConnections) {
                guard await take(listener.accept(), isClosing: isClosing) else { break }
            } else {
                if isClosing { break }
                await waitForRoom()
            }
        }
        listener.close()
        waiter.retire()
    }

    /// Serves who was accepted, in the room that is reserved, or waits until it makes sense to look again.
    /// - Returns: false if nobody will be accepted any more.
    private func take(_ accepted: Listener.Accepted, isClosing: Bool) async -> Bool {
        if case .connection(let descriptor, let peer) = accepted {
            if let count = resources.shared.clients.enter(peer, atMost: acceptor.connectionLimit(of: peer)) {
                begin(descriptor, peer, count)
            } else {
                turnAway(descriptor, peer)
            }
            return true
        }
        resources.room.cancelReservation()
        switch accepted {
        case .connection: break
        case .none:
            if isClosing { return false }
            listener.socket.interest = .read
            _ = await waiter.wait(timeout: acceptor.closesAt.map { max($0, loop.now) - loop.now })
            listener.socket.interest = .none
        case .lost(let error):
            // The drain has closed the listener.
            if resources.isDraining { return false }
            log.debug("a client was lost before it was accepted", metadata: ["reason": "\(error.reason)"])
            await loop.yield()
        case .exhausted(let error):
            if resources.isDraining { return false }
            // A client is worth more than a file that is open only because it may be asked for again.
            if resources.fileCache.closeFiles() { break }
            let pauses = resources.shared.countShortage()
            if resources.shared.mayLogShortage(now: loop.now) {
                log.warning("accepting pauses", metadata: ["reason": "\(error.reason)", "pauses": "\(pauses)"])
            }
            _ = await waiter.wait(timeout: Self.backOff)
        }
        return true
    }

    private func begin(_ descriptor: Int32, _ peer: SocketAddress, _ count: ClientCounts.Entry) {
        let socket: Socket
        do throws(SystemError) {
            socket = try Socket(adopting: descriptor, on: loop)
        } catch {
            log.error("a connection cannot be watched", metadata: ["reason": "\(error)"])
            resources.shared.clients.leave(count)
            resources.room.cancelReservation()
            return
        }
        resources.records.series.add(at: WorkerSeries.Index.accepted)
        let connection = ClientConnection(socket, peer: peer, acceptor: acceptor, resources: resources, log: log)
        resources.connections.add(connection, count)
        serve(connection)
    }

    /// One client's connections must not be everybody's: at `max_connections_per_client` its next is closed before it costs a
    /// handshake.
    private func turnAway(_ descriptor: Int32, _ peer: SocketAddress) {
        Listener.turnAway(descriptor)
        resources.room.cancelReservation()
        let count = resources.shared.clients.countTurnedAway()
        guard count == 1 || count % 1000 == 0 else { return }
        log.warning(
            "a client is turned away: max_connections_per_client is reached",
            metadata: ["client": "\(peer.host)", "turned_away": "\(count)"])
    }

    // MARK: Without room

    /// At `max_connections` the kernel's backlog holds new clients until one of ours has left. When one comes, the connection
    /// that has been idle for the longest time is closed for it.
    private func waitForRoom() async {
        var pauses = 0
        var isLogged: Bool { pauses == 1 || pauses > 0 && pauses % 1000 == 0 }
        while !resources.isDraining, acceptor.closesAt.map({ loop.now < $0 }) ?? true {
            let hasClient = listener.hasClient
            if hasClient, !evictLongestIdle(), pauses == 0 {
                let (limit, count) = resources.room.countPause(atMost: mostConnections)
                pauses = count
                if isLogged { log.warning("accepting pauses: \(limit) is reached", metadata: ["pauses": "\(pauses)"]) }
            }
            resources.room.pause(waiter)
            listener.socket.interest = hasClient ? .none : .read
            // A connection may end on another worker, which does not tell us: look again soon.
            _ = await waiter.wait(timeout: Self.backOff)
            listener.socket.interest = .none
            guard resources.room.reserve(atMost: mostConnections) else { continue }
            resources.room.cancelReservation()
            if isLogged { log.warning("accepting resumes", metadata: ["pauses": "\(pauses)"]) }
            return
        }
    }

    /// Closes the longest idle connection, or asks the other workers to.
    /// - Returns: has one of this worker's been closed?
    private func evictLongestIdle() -> Bool {
        guard resources.connections.closeLongestIdle() else {
            resources.shared.wantRoom()
            return false
        }
        let count = resources.shared.countEviction()
        if count == 1 || count % 1000 == 0 {
            let limit = resources.room.nameOfLimit(atMost: mostConnections)
            log.warning(
                "idle connections are closed for new clients: \(limit) is reached",
                metadata: ["closed": "\(count)"])
        }
        return true
    }
}
