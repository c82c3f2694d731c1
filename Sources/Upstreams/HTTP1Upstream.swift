import Buffers
import EventLoop
import HTTP
import Messages
import Transport

/// A connection to an upstream that speaks HTTP/1: it carries one exchange at a time, and is then its side.
final class HTTP1Upstream {
    private let stream: Stream
    private let inflow: Inflow
    private let outflow: Outflow
    private(set) var isReused = false
    /// How long the upstream keeps it when it is idle, by its own words, in nanoseconds.
    private(set) var keepAliveLimit = UInt64.max
    /// Does the upstream keep it open after the last answer (RFC 9112 §9.3)?
    private var isKept = true
    /// Had the last answer no body?
    private var isBodiless = false
    /// Has a client given credentials on it that may hold for whatever else comes over it?
    private var isOneClients = false
    let address: SocketAddress?
    var addressVersion: Int

    /// - Parameters:
    ///   - address: where it leads; nil if its server has no name.
    ///   - addressVersion: of the name's addresses.
    init(
        _ stream: Stream, buffers: BufferPool, chunkLimits: ChunkLimits, address: SocketAddress? = nil, addressVersion: Int = 0
    ) {
        self.stream = stream
        self.address = address
        self.addressVersion = addressVersion
        inflow = Inflow(stream, buffers: buffers, chunkLimits: chunkLimits, from: .upstream)
        outflow = Outflow(stream, buffers: buffers)
    }
}

extension HTTP1Upstream: UpstreamSide {
    func begin(
        _ request: RequestHead, _ forwarded: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer
    ) {
        if request.authenticatesConnection { isOneClients = true }
        outflow.begin(forwarded.framing) {
            ForwardedHead.writeRequest(request, forwarded, policy: policy, client: client, to: &$0)
        }
    }

    var requestBody: any BodySink { outflow }

    func takeHead(_ head: ResponseHead, limits: HeadLimits) throws(HTTPRefusal) -> Bool {
        try inflow.takeHead { span throws(HTTPRefusal) in try head.parse(span, limits: limits) }
    }

    func beginBody(of head: ResponseHead, to method: Method) throws(HTTPRefusal) -> BodyFraming {
        let framing = try BodyFraming.ofResponse(head, to: method)
        isKept = head.keepsAlive && !framing.isUntilClose
        isBodiless = if case .none = framing { true } else { false }
        if isBodiless, head.mayBeFollowedByBody(to: method) { isKept = false }
        if head.contains(.keepAlive), let limit = KeepAlive.limit(head.fields) { keepAliveLimit = limit }
        inflow.beginBody(framing)
        return framing
    }

    var body: any BodySource { inflow }
    var hasUntakenBytes: Bool { inflow.hasBytes }
    var hasOtherVersion: Bool { false }

    func attach(to waiter: Waiter) { stream.attach(to: waiter) }
    func watch(reading: Bool, writing: Bool) { stream.watch(reading: reading, writing: writing) }

    func upgrade() -> (duplex: any Duplex, unread: Buffer?) {
        stream.takeOverRecords()
        return (stream, inflow.takeBuffer())
    }

    func release(to pool: Pool) {
        // TLS 1.3 tickets arrive after the handshake: by the first exchange's end they are in.
        if !isReused { stream.takeOverRecords() }
        pool.park(self)
    }

    func cancel() { close() }
}

extension HTTP1Upstream: PooledConnection {
    /// May it carry another exchange, whoever's? Only if the upstream keeps it, nothing is unread, nothing unsent, and the peer
    /// has said nothing since. A ticket that came late, or new keys, is TLS's own business, and is seen to here.
    ///
    /// Not after trailers either: there are servers that read them into the next request, which may be another client's.
    var isClean: Bool {
        guard isKept && !isOneClients && !outflow.hasSentTrailers else { return false }
        guard inflow.isClean && outflow.isFinished && !stream.hasHungUp else { return false }
        stream.readAside()
        // A body that comes behind an answer that should have none may be here, and the event loop not know it yet.
        return !stream.mayRead && !(isBodiless && stream.peerHasSpoken())
    }

    var hasEnded: Bool { stream.socket.hasHungUp }

    func peerHasSpoken() -> Bool { stream.peerHasSpoken() }

    func park(watchedBy waiter: Waiter) {
        isReused = true
        stream.socket.setWaiter(waiter, interest: .read.union(.hangup))
    }

    func unpark() -> any UpstreamSide {
        stream.watch(reading: false, writing: false)
        return self
    }

    func close() {
        // Without waking the pool's watch, which would look at the others in the middle of whatever is being done.
        stream.socket.interest = .none
        inflow.discard()
        outflow.discard()
        stream.close()
    }
}

extension Pool {
    /// The side of a new connection that speaks HTTP/1.
    /// - Throws: `.spokeFirst`; then the connection is closed, and what the pick began has ended.
    func side(
        over stream: Stream, to address: SocketAddress?, of version: Int
    ) throws(TransportError) -> any UpstreamSide {
        do throws(TransportError) { try stream.checkSilence() } catch {
            stream.close()
            leaseEnded()
            throw error
        }
        return HTTP1Upstream(
            stream, buffers: buffers, chunkLimits: settings.chunkLimits, address: address, addressVersion: version)
    }
}
