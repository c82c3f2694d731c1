import EventLoop
import HTTP
import HTTP1
import Transport

/// Two connections joined after an upgrade: bytes both ways, back-pressure each way, half-close kept, in one task.
final class Tunnel {
    /// How a tunnel ended, for the log.
    struct Ending {
        enum Reason: String {
            case clientClosed = "client_closed"
            case upstreamClosed = "upstream_closed"
            case clientBroke = "client_broke"
            case upstreamBroke = "upstream_broke"
            case idle = "tunnel_idle"
            case lifetime = "tunnel_lifetime"
            case cut = "drained"
        }

        var reason: Reason
        var bytesUp: UInt64
        var bytesDown: UInt64
    }

    /// One direction.
    private struct Way {
        let source: Inflow
        let sink: Outflow
        var isDone = false
        var sourceBlocked = false
        var sinkBlocked = false
    }

    private var up: Way
    private var down: Way
    private let waiter: Waiter
    private let idleTimeout: UInt64
    private let lifetime: UInt64
    private var firstClosed: Ending.Reason?

    /// - Parameters:
    ///   - idleTimeout: nanoseconds without a byte either way.
    ///   - lifetime: nanoseconds in all; 0: no limit.
    init(
        client: (inflow: Inflow, outflow: Outflow), upstream: (inflow: Inflow, outflow: Outflow), waiter: Waiter,
        idleTimeout: UInt64, lifetime: UInt64
    ) {
        up = Way(source: client.inflow, sink: upstream.outflow)
        down = Way(source: upstream.inflow, sink: client.outflow)
        self.waiter = waiter
        self.idleTimeout = idleTimeout
        self.lifetime = lifetime
        for way in [up, down] {
            way.source.beginBody(.untilClose)
            way.sink.beginTunnel()
        }
    }

    /// Relays until both ways have ended, one has broken, or a limit strikes. The sockets are the caller's to close.
    nonisolated(nonsending) func run() async -> Ending {
        let client = up.source.stream.socket
        let upstream = down.source.stream.socket
        upstream.waiter = waiter
        defer {
            client.interest = .none
            upstream.interest = .none
        }
        let born = waiter.loop.now
        var progressAt = born
        var turns = 0
        while true {
            let moved: Bool
            do throws(Break) {
                let movedUp = try move(&up, .clientClosed, reading: .clientBroke, writing: .upstreamBroke)
                let movedDown = try move(&down, .upstreamClosed, reading: .upstreamBroke, writing: .clientBroke)
                moved = movedUp || movedDown
            } catch {
                return ending(error.reason)
            }
            if up.isDone, down.isDone { return ending(firstClosed ?? .clientClosed) }
            if moved {
                progressAt = waiter.loop.now
                turns += 1
                if turns % 16 == 0 { await waiter.loop.yield() }
                continue
            }
            client.interest = interest(reading: up, writing: down)
            upstream.interest = interest(reading: down, writing: up)
            if let limit = await waitOrLimit(since: progressAt, born: born) { return ending(limit) }
        }
    }

    private struct Break: Error {
        let reason: Ending.Reason
    }

    private func move(
        _ way: inout Way, _ closed: Ending.Reason, reading: Ending.Reason, writing: Ending.Reason
    ) throws(Break) -> Bool {
        var moved = false
        way.sourceBlocked = false
        way.sinkBlocked = false
        guard !way.isDone else { return false }
        for _ in 0..<8 {
            do throws(TransportError) {
                guard try way.sink.flush() else {
                    way.sinkBlocked = true
                    return moved
                }
            } catch {
                throw Break(reason: writing)
            }
            guard case .ready(let count)? = try? way.source.nextBody() else {
                guard try fill(&way, closed, reading) else { return moved }
                moved = true
                if way.isDone { return true }
                continue
            }
            do throws(TransportError) {
                guard try way.sink.send(from: way.source, ready: count) > 0 else {
                    way.sinkBlocked = true
                    return moved
                }
            } catch {
                throw Break(reason: writing)
            }
            moved = true
        }
        return moved
    }

    /// Reads more, or passes the end on as a half-close.
    /// - Returns: did anything happen?
    private func fill(_ way: inout Way, _ closed: Ending.Reason, _ broke: Ending.Reason) throws(Break) -> Bool {
        do throws(TransportError) {
            switch try way.source.fill() {
            case .bytes: return true
            case .blocked, .full:
                way.sourceBlocked = true
                return false
            case .end:
                way.isDone = true
                if firstClosed == nil { firstClosed = closed }
                way.sink.stream.shutdownWrite()
                return true
            }
        } catch {
            throw Break(reason: broke)
        }
    }

    private func interest(reading source: Way, writing sink: Way) -> Socket.Interest {
        var interest = Socket.Interest.none
        if source.sourceBlocked { interest = interest.union(source.source.stream.readInterest) }
        if sink.sinkBlocked { interest = interest.union(sink.sink.stream.writeInterest) }
        return interest
    }

    private nonisolated(nonsending) func waitOrLimit(since progressAt: UInt64, born: UInt64) async -> Ending.Reason? {
        let idleAt = progressAt &+ idleTimeout
        let dieAt = lifetime == 0 ? UInt64.max : born &+ lifetime
        let now = waiter.loop.now
        guard now < min(idleAt, dieAt) else { return idleAt < dieAt ? .idle : .lifetime }
        switch await waiter.wait(timeout: min(idleAt, dieAt) - now) {
        case .ready: return nil
        case .told: return .cut
        case .deadline:
            guard waiter.loop.now >= min(idleAt, dieAt) else { return nil }
            return idleAt < dieAt ? .idle : .lifetime
        }
    }

    private func ending(_ reason: Ending.Reason) -> Ending {
        Ending(reason: reason, bytesUp: up.source.bodyBytes, bytesDown: down.source.bodyBytes)
    }
}
