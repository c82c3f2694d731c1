import EventLoop
import HTTP
import HTTP1
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

    /// The connection's whole life.
    func run() async {
        if !isAborted, await shakeHands() {
            while await serveNext() {}
        }
        await close()
    }

    /// Called when the gateway drains: an idle connection ends now, a busy one after its exchange.
    func drain() {
        closes = true
        if isIdle { waiter.tell() }
    }

    /// Cuts whatever is under way.
    func cut() {
        isAborted = true
        stream.abort()
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
            connection.tls = ConnectionFacts.TLSFacts(version: tls.version, cipher: tls.cipher)
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
        await Exchange(self, state: state).refuse(failure)
        state.release(head)
        self.head = nil
    }

    /// One request and its answer.
    /// - Returns: may there be another?
    private func serveNext() async -> Bool {
        let head: RequestHead
        do throws(Failure) {
            guard let read = try await readHead() else { return false }
            head = read
        } catch {
            closes = true
            await Exchange(self, state: state).refuse(error)
            return false
        }
        requestCount += 1
        let limit = state.plan.limits.maxRequestsPerConnection
        closes = closes || !head.keepsAlive || state.isDraining || (limit > 0 && requestCount >= limit)
        inflow.beginBody(head.framing)
        await Exchange(self, state: state).run()
        state.release(head)
        self.head = nil
        return !closes && !isAborted && inflow.isBodyFinished
    }

    /// Reads until a head is complete.
    /// - Returns: nil when the client has nothing more to ask, or left.
    private func readHead() async throws(Failure) -> RequestHead? {
        let limits = state.plan.limits
        var deadline: UInt64?
        while true {
            if inflow.hasBytes {
                let head = self.head ?? state.acquireRequestHead()
                self.head = head
                if try parse(head, limits) { return head }
            }
            let fill: Inflow.Fill
            do throws(TransportError) { fill = try inflow.fill() } catch { return nil }
            switch fill {
            case .bytes: continue
            case .blocked: break
            case .full: throw Failure(HTTPRefusal(.headTooLarge))
            case .end: return nil
            }
            if closes || state.isDraining, head == nil { return nil }
            guard try await waitForBytes(&deadline, limits) else { return nil }
        }
    }

    private func parse(_ request: RequestHead, _ limits: PlanLimits) throws(Failure) -> Bool {
        do throws(HTTPRefusal) {
            return try inflow.takeHead { span throws(HTTPRefusal) in try request.parse(span, limits: limits.head) }
        } catch {
            throw Failure(error)
        }
    }

    /// Idle until the first byte, then against the head's deadline.
    private func waitForBytes(_ deadline: inout UInt64?, _ limits: PlanLimits) async throws(Failure) -> Bool {
        let now = state.loop.now
        let hasBegun = head != nil
        if hasBegun, deadline == nil { deadline = now &+ limits.headTimeout }
        let isFirst = requestCount == 0
        let timeout = deadline.map { $0 > now ? $0 - now : 0 } ?? (isFirst ? limits.headTimeout : limits.keepAliveTimeout)
        stream.socket.interest = stream.readInterest
        isIdle = !hasBegun
        let wake = await waiter.wait(timeout: timeout)
        isIdle = false
        stream.socket.interest = .none
        guard wake == .deadline else { return true }
        if hasBegun { throw Failure("head_timeout", status: 408, blame: .client, key: "limits.head_timeout") }
        return false
    }

    /// An orderly end, or a visible cut. A client that still sends is read for a while, so that it gets the answer instead of a
    /// reset (RFC 9112 §9.6).
    private func close() async {
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
