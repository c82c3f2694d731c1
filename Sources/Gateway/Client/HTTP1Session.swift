import Buffers
import EventLoop
import HTTP
import Logging
import Messages
import Transport

/// A connection's exchanges in HTTP/1: one after another. It is also the client's side of the one under way (`HTTP1Side.swift`).
final class HTTP1Session: ClientSession {
    /// How far the answer to the request under way has come.
    enum AnswerState {
        case awaited
        /// It tells the client whether the connection is kept after it.
        case begun(isLast: Bool)
        /// It has been cut: the client must see that it is not whole.
        case cut
        /// It has been cut, and what there is of it must arrive first.
        case truncated
    }

    let stream: Stream
    let inflow: Inflow
    let outflow: Outflow
    let waiter: Waiter
    let resources: WorkerResources
    let endpoint: ClientEndpoint
    let log: Logger

    /// The head of the request under way; none while the connection waits, so that waiting costs no memory for it.
    var head: RequestHead?
    private var isRequestRead = false
    /// The number of the generation that the exchange under way began in.
    private var generation = 0
    private var began: UInt64 = 0
    var answer = AnswerState.awaited
    /// The answer under way ends where the connection does.
    private var endsWithConnection = false
    private(set) var idleSince: UInt64
    private var requestCount = 0
    /// Requests that have been read since the client was last waited for.
    var requestsInTurn = 0

    init(_ stream: Stream, _ endpoint: ClientEndpoint, waiter: Waiter, resources: WorkerResources, log: Logger) {
        self.stream = stream
        self.endpoint = endpoint
        self.waiter = waiter
        self.resources = resources
        self.log = log
        idleSince = resources.now
        inflow = Inflow(stream, buffers: resources.buffers, chunkLimits: endpoint.limits.chunks, from: .client)
        outflow = Outflow(stream, buffers: resources.buffers)
    }

    var hasServed: Bool { requestCount > 0 }
    var idleDeadline: UInt64 { idleSince &+ endpoint.limits.keepAliveTimeout }

    nonisolated(nonsending) func serve() async -> SessionEnding {
        while true {
            do throws(Failure) {
                switch try await readHead() {
                case .request: break
                case .nothing: return .idle
                case .end: return .last
                case .http2:
                    guard let begun = inflow.takeBuffer() else { return .last }
                    return .speaksHTTP2(begun: begun)
                }
            } catch {
                showUnfinishedHead()
                await refuse(error)
                // A client that left in the middle of a head cannot be told anything, not even by a reset.
                if error.reason == .exchange(.clientLeft) { return .last }
                return if case .cut = answer { .cut } else { .last }
            }
            let present = beginRequest()
            var tunnel: Tunnel?
            // In a block of its own: the exchange is gone before its head is used again.
            do {
                var exchange = Exchange(self, resources: resources, in: present)
                await exchange.run()
                tunnel = exchange.tunnel.take()
            }
            releaseHead()
            if let tunnel { return .upgraded(tunnel) }
            if let ending = endRequest() { return ending }
        }
    }

    /// The head of a request has been read, which is to be carried out.
    /// - Returns: the generation in which that begins.
    private func beginRequest() -> Generation {
        requestCount += 1
        isRequestRead = true
        let present = endpoint.generation
        generation = present.number
        began = resources.now
        answer = .awaited
        inflow.beginBody(request.framing)
        return present
    }

    /// The request has been carried out.
    /// - Returns: nil if the connection may carry another.
    private func endRequest() -> SessionEnding? {
        idleSince = resources.now
        return switch answer {
        // After an answer that is shorter than it says the next one would be taken for its rest.
        case .begun(isLast: false) where inflow.isBodyFinished && outflow.isFinished: nil
        case .begun: .last
        case .truncated: .truncated(endsWithConnection: endsWithConnection)
        case .awaited, .cut: .cut
        }
    }

    nonisolated(nonsending) func refuse(_ failure: Failure) async {
        answer = .awaited
        var exchange = Exchange(self, resources: resources, in: endpoint.generation)
        await exchange.refuse(failure)
    }

    func requestsUnderWay(among streams: [any StreamExchange]) -> [RequestUnderWay] {
        guard isRequestRead, let head else { return [] }
        return [RequestUnderWay(head: head, generation: generation, began: began)]
    }

    func discard() {
        inflow.discard()
        outflow.discard()
        releaseHead()
    }

    private func releaseHead() {
        isRequestRead = false
        guard let head = head.take() else { return }
        resources.heads.release(head)
    }

    /// An answer begins.
    /// - Returns: is it the connection's last? If so, it must say so (RFC 9112 §9.6).
    func begin(_ framing: BodyFraming) -> Bool {
        let isLast = !mayServeAnother || framing.isUntilClose
        answer = .begun(isLast: isLast)
        endsWithConnection = framing.isUntilClose
        return isLast
    }

    /// A request of which not all has been read leaves bytes that cannot be told from the next one.
    private var mayServeAnother: Bool {
        guard isRequestRead, inflow.isBodyFinished, let head, head.keepsAlive, !resources.isDraining, !endpoint.mustClose
        else { return false }
        let limit = endpoint.limits.maxRequestsPerConnection
        return (limit == 0 || requestCount < limit) && !hasAskedAll
    }
}
