import Buffers
import EventLoop
import Logging
import TLS
import Transport
import Upstreams

/// The step that passes a connection of `[[tcp]]` on to a server.
extension ClientConnection {
    /// Why it goes nowhere, and the key that decided it.
    private struct Refusal: Error {
        let reason: String
        var key: String?
    }

    /// Finds the server, connects to it, and moves bytes until the end.
    /// - Returns: false if the connection is to be cut.
    func passOn(_ plan: TCPPlan) async -> Bool {
        let began = state.loop.now
        var facts: Logger.Metadata = ["listener": "\(plan.name)"]
        do throws(Refusal) {
            var name: String?
            if plan.asksForName { name = try await readName() }
            if let name { facts["server_name"] = "\(name)" }
            guard let target = plan.target(named: name) else { throw Refusal(reason: "no upstream is for it", key: "tcp.sni") }
            let ending = try await passOn(to: target, plan, name, &facts)
            facts["duration_ms"] = "\((state.loop.now &- began) / 1_000_000)"
            return tell(ending, facts)
        } catch {
            if let key = error.key { facts["key"] = "\(key)" }
            tell("a TCP connection was refused", error.reason, .info, facts)
            return false
        }
    }

    private func passOn(
        to target: TCPPlan.Target, _ plan: TCPPlan, _ name: String?, _ facts: inout Logger.Metadata
    ) async throws(Refusal) -> TCPRelay.Ending {
        let generation = endpoint.generation
        let (server, place) = try await connect(to: target, of: generation, name)
        let pool = generation.pool(target.pool, place)
        defer {
            server.close()
            pool.leaseEnded()
        }
        facts["upstream"] = "\(target.group.servers[place].url)"
        var relay = TCPRelay(stream, server)
        let ending = await relay.run(waiter, state.pipes, idleTimeout: plan.idleTimeout)
        facts["received"] = "\(relay.up.moved)"
        facts["sent"] = "\(relay.down.moved)"
        if ending == .idle { facts["key"] = "tcp.idle_timeout" }
        // Whoever is still there sees that it was no ordinary end.
        if ending != .complete { server.abort() }
        return ending
    }

    // MARK: The name

    /// What the client asks for by SNI; nil if for nothing, or it speaks no TLS.
    private func readName() async throws(Refusal) -> String? {
        let buffer = state.buffers.acquire()
        defer { state.buffers.release(buffer) }
        do throws(TransportError) {
            switch try await stream.peekHello(waiter, timeout: endpoint.limits.handshakeTimeout, into: buffer) {
            case .hello(let name): return name
            case .malformed, .incomplete: return nil
            }
        } catch {
            throw Refusal(reason: "no hello of TLS: \(error.description)", key: "limits.handshake_timeout")
        }
    }

    // MARK: The server

    private func connect(
        to target: TCPPlan.Target, of generation: Generation, _ name: String?
    ) async throws(Refusal) -> (stream: Stream, place: Int) {
        var request = UpstreamGroup.Request(now: state.loop.now)
        if case .hash = target.group.method { request.key = HashSource.key(endpoint.peer.host.utf8) }
        var last = ""
        // Nothing has been sent, so each server may be tried.
        for _ in target.group.servers.indices {
            request.now = state.loop.now
            let place: Int
            switch target.group.pick(request) {
            case .server(let choice): place = choice
            case .full: throw Refusal(reason: "every server has as many connections as it may", key: "tcp.upstreams.max_conns")
            case .draining: throw Refusal(reason: "every server drains", key: "tcp.upstreams.drain")
            case .unavailable: throw Refusal(reason: "no server can be reached\(last)")
            }
            let server = target.group.servers[place]
            do throws(TransportError) {
                let header = endpoint.proxyHeader(for: server, from: self.stream.localAddress, serverName: name)
                let stream = try await generation.pool(target.pool, place).connectStream(waiter, header: header)
                server.succeeded(in: state.loop.now &- request.now, now: state.loop.now)
                return (stream, place)
            } catch {
                server.failed(.unreachable, reason: error.description, now: state.loop.now)
                last = ": \(server.url): \(error.description)"
                request.excluded.insert(place)
            }
        }
        throw Refusal(reason: "no server can be reached\(last)")
    }

    // MARK: The log

    private func tell(_ ending: TCPRelay.Ending, _ facts: Logger.Metadata) -> Bool {
        switch ending {
        case .complete: tell("a TCP connection has ended", nil, .debug, facts)
        case .idle: tell("a TCP connection was cut", "nothing came for too long", .info, facts)
        case .cut: tell("a TCP connection was cut", "the gateway stops", .info, facts)
        case .broken(let reason): tell("a TCP connection broke off", reason, .info, facts)
        }
        return ending == .complete
    }

    private func tell(_ words: Logger.Message, _ reason: String?, _ level: Logger.Level, _ facts: Logger.Metadata) {
        var facts = facts
        facts["client"] = "\(endpoint.peer.host)"
        if let reason { facts["reason"] = "\(reason)" }
        log.log(level: level, words, metadata: facts)
    }
}
