import Buffers
import EventLoop
import Logging
import TLS
import Transport
import Upstreams

/// The step that passes a connection of `[[tcp]]` on to a server.
extension ClientConnection {
    /// Finds the server, connects to it, and moves bytes until the end.
    /// - Returns: false if the connection is to be cut.
    func passOn(_ plan: TCPPlan) async -> Bool {
        var record = AccessRecord(began: resources.now)
        record.site = endpoint.listener.fallback
        var (name, series) = (String?.none, plan.series)
        var ending: TCPRelay.Ending?
        do throws(Failure) {
            let times = resources.shared.passed.count(from: stream.peerAddress) + 1
            guard times <= PassthroughConnections.maxHops else {
                throw Failure(.passedToItself, detail: "it has been passed on here \(times - 1) times: it goes round in a circle")
            }
            if plan.asksForName { name = try await readName() }
            guard let target = plan.target(named: name) else {
                throw Failure(.noRoute, detail: "no upstream is for it", key: "tcp.sni")
            }
            series = target.series
            ending = try await passOn(to: target, plan, name, times, &record)
        } catch {
            record.failure = error
        }
        record.duration = resources.now &- record.began
        record.failure = record.failure ?? ending?.failure(byOperator: endpoint.isEndedByOperator)
        record.status = record.failure?.status ?? 200
        count(record, ending, series)
        logEnd(ending, record, plan, name)
        return ending == .complete
    }

    private func passOn(
        to target: TCPPlan.Target, _ plan: TCPPlan, _ name: String?, _ times: Int, _ record: inout AccessRecord
    ) async throws(Failure) -> TCPRelay.Ending {
        let generation = endpoint.generation
        let (server, index) = try await connect(to: target, of: generation, name, &record)
        let (pool, own) = (generation.pool(target.pool, index), server.localAddress)
        if let own { resources.shared.passed.begin(own, count: times) }
        target.series?.opened(worker: resources.number)
        defer {
            server.close()
            if let own { resources.shared.passed.end(own) }
            pool.leaseEnded()
        }
        var relay = TCPRelay(stream, server)
        let ending = await relay.run(waiter, resources.pipes, idleTimeout: plan.idleTimeout)
        (record.bodyBytesReceived, record.bodyBytesSent) = (relay.up.moved, relay.down.moved)
        // Whoever is still there sees that it was no ordinary end.
        if ending != .complete { server.abort() }
        return ending
    }

    // MARK: The name

    /// What the client asks for by SNI; nil if for nothing, or it speaks no TLS.
    private func readName() async throws(Failure) -> String? {
        let buffer = resources.buffers.acquire()
        defer { resources.buffers.release(buffer) }
        do throws(TransportError) {
            switch try await stream.peekHello(waiter, timeout: endpoint.limits.handshakeTimeout, into: buffer) {
            case .hello(let name): return name
            case .malformed, .incomplete: return nil
            }
        } catch {
            let reason: ExchangeReason = if case .timedOut = error { .headTimeout } else { .clientLeft }
            throw Failure(reason, detail: "no hello of TLS: \(error.description)", key: "limits.handshake_timeout")
        }
    }

    // MARK: The server

    private func connect(
        to target: TCPPlan.Target, of generation: Generation, _ name: String?, _ record: inout AccessRecord
    ) async throws(Failure) -> (stream: Stream, index: Int) {
        var request = UpstreamGroup.Request(now: resources.now)
        if case .hash = target.group.method { request.key = HashSource.key(endpoint.peer.host.utf8) }
        var last = Failure(.groupUnavailable, detail: "no server can be reached")
        // Nothing has been sent, so each server may be tried.
        for _ in target.group.servers.indices {
            request.now = resources.now
            guard let index = try pick(request, of: target.group) else { break }
            let server = target.group.servers[index]
            record.attempts += 1
            record.server = server
            do throws(TransportError) {
                let header = endpoint.proxyHeader(for: server, from: self.stream.localAddress, serverName: name)
                let stream = try await generation.pool(target.pool, index).connectStream(waiter, header: header)
                record.connectDuration = resources.now &- request.now
                server.succeeded(in: resources.now &- request.now, now: resources.now)
                return (stream, index)
            } catch {
                if !error.isExhaustion { server.failed(.unreachable, reason: error.description, now: resources.now) }
                last = Self.failure(error, of: server)
                request.excluded.insert(index)
            }
        }
        throw last
    }

    /// - Returns: the server that is to be tried; nil: there is none left that can be.
    private func pick(_ request: UpstreamGroup.Request, of group: UpstreamGroup) throws(Failure) -> Int? {
        switch group.pick(request) {
        case .server(let index): return index
        case .full:
            throw Failure(
                .upstreamQueueFull, detail: "every server has as many connections as it may", key: "tcp.upstreams.max_conns")
        case .draining: throw Failure(.groupDraining, detail: "every server drains", key: "tcp.upstreams.drain")
        case .unavailable: return nil
        }
    }

    /// What is said when no other server can be reached either.
    private static func failure(_ error: TransportError, of server: UpstreamServer) -> Failure {
        let detail = "no server can be reached: \(server.url): \(error.description)"
        return switch error {
        case .timedOut: Failure(.upstreamConnectTimeout, detail: detail, key: "tcp.connect_timeout")
        case .unresolved: Failure(.upstreamUnresolved, detail: detail)
        default: Failure(.upstreamConnectFailed, detail: detail)
        }
    }

    // MARK: Counting and logging

    private func count(_ record: AccessRecord, _ ending: TCPRelay.Ending?, _ series: TCPSeries?) {
        guard let series else { return }
        series.count(record, ending == nil ? .refused : ending == .complete ? .complete : .broken, worker: resources.number)
        if let reason = record.reason { resources.records.series.count(reason) }
    }

    private func logEnd(_ ending: TCPRelay.Ending?, _ record: AccessRecord, _ plan: TCPPlan, _ name: String?) {
        if resources.records.log.isOn(for: nil) {
            let hash = endpoint.generation.plan.configurationHash
            resources.records.log.append(record, of: endpoint, named: name, configuration: hash)
        }
        var facts: Logger.Metadata = ["listener": "\(plan.name)", "client": "\(endpoint.peer.host)"]
        if let name { facts["server_name"] = "\(name)" }
        if let failure = record.failure { facts["reason"] = "\(failure.detail)" }
        if let key = record.failure?.key { facts["key"] = "\(key)" }
        guard let ending else { return log.info("a TCP connection was refused", metadata: facts) }
        if let server = record.server { facts["upstream"] = "\(server.url)" }
        facts["duration_ms"] = "\(record.duration / 1_000_000)"
        facts["received"] = "\(record.bodyBytesReceived)"
        facts["sent"] = "\(record.bodyBytesSent)"
        switch ending {
        case .complete: log.debug("a TCP connection has ended", metadata: facts)
        case .idle, .cut: log.info("a TCP connection was cut", metadata: facts)
        case .broken: log.info("a TCP connection broke off", metadata: facts)
        }
    }
}

extension TCPRelay.Ending {
    /// Nil if both sides have ended.
    /// - Parameter byOperator: has an operator ended it?
    fileprivate func failure(byOperator: Bool) -> Failure? {
        switch self {
        case .complete: nil
        case .idle: .passage(.idle, .client, detail: "nothing came for too long", key: "tcp.idle_timeout")
        case .cut where byOperator: .passage(.byOperator, .gateway, detail: "an operator has closed it")
        case .cut: .passage(.cut, .gateway, detail: "the gateway stops", key: "limits.drain_timeout")
        case .broken(let reason, let blame): .passage(blame == .upstream ? .upstreamBroke : .clientBroke, blame, detail: reason)
        }
    }
}
