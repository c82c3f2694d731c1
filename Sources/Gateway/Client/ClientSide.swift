import EventLoop
import HTTP
import Messages
import Transport

/// The client's side of one exchange, whichever version of HTTP carries it: the request, its body, and the way back.
///
/// Operations try and return at once; `watch` says what the exchange's waiter is to be woken by.
protocol ClientSide: AnyObject {
    var request: RequestHead { get }
    /// False on a connection whose request could not be read at all.
    var hasRequest: Bool { get }
    var waiter: Waiter { get }
    var connection: ConnectionFacts { get }

    // MARK: The request's body

    func nextBody() throws(HTTPRefusal) -> Inflow.Body
    func readBody() throws(TransportError) -> Inflow.Fill
    /// Lends the payload that `nextBody` found.
    func withBody(_ body: (Span<UInt8>) -> Void)
    /// Moves payload on towards the upstream; 0 when that is blocked.
    func sendBody(to upstream: Outflow, ready: Int) throws(TransportError) -> Int
    /// The trailer fields of the request's body, once it has ended.
    var requestTrailers: FieldSection { get }
    var bodyBytesReceived: UInt64 { get }
    /// Is every byte of the request taken?
    var isRequestFinished: Bool { get }

    // MARK: The answer

    /// Forwards a 1xx head.
    func sendInterim(_ head: ResponseHead)
    /// Begins the answer with an upstream's head.
    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy)
    /// Begins the answer with a head of our own. `fields` appends ready lines, without framing and connection fields.
    func begin(_ head: OwnHead, fields: (inout [UInt8]) -> Void)
    /// Moves payload from an upstream; 0 when the client is blocked.
    func takeBody(from upstream: Inflow, ready: Int) throws(TransportError) -> Int
    /// Takes payload made here. What the client does not take at once waits: `flush` before the next.
    func takeBody(_ bytes: Span<UInt8>)
    /// Sends a prefix of payload without keeping it, and returns its length; 0 when the client is blocked. The next call begins
    /// where this one ended, after a `flush`.
    func writeBody(_ bytes: Span<UInt8>) throws(TransportError) -> Int
    func finishBody(trailers: FieldSection?)
    /// Is everything with the kernel?
    func flush() throws(TransportError) -> Bool
    var bodyBytesSent: UInt64 { get }

    // MARK: Waiting and leaving

    func watch(reading: Bool, writing: Bool)
    func unwatch()
    /// Has the client closed or broken its connection?
    var hasLeft: Bool { get }
    /// After this exchange there must be no other on the same connection.
    func closeAfter()
    /// Cuts the answer visibly: whoever receives it cannot take it for the whole.
    func abort()
    /// Leaves HTTP: the bare halves of the connection, for a tunnel.
    func tunnelHalves() -> (inflow: Inflow, outflow: Outflow)?
}

/// The head of an answer that is made here.
struct OwnHead {
    var status: Int
    var framing: BodyFraming
    /// To HEAD: the length that the answer to a GET would have.
    var statedLength: UInt64?
}

/// The right to answer a request, once. Dropped unused it cuts the connection: the client must not wait for ever.
struct Responder: ~Copyable {
    private let client: any ClientSide
    private var isSpent = false

    init(_ client: any ClientSide) {
        self.client = client
    }

    /// Begins the answer with an upstream's head.
    consuming func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) -> BodyWriter {
        client.begin(forwarding: head, framing: framing, policy: policy)
        isSpent = true
        return BodyWriter(client)
    }

    /// Begins the answer with a head of our own. `fields` appends ready lines, without framing and connection fields.
    consuming func begin(_ head: OwnHead, fields: (inout [UInt8]) -> Void) -> BodyWriter {
        client.begin(head, fields: fields)
        isSpent = true
        return BodyWriter(client)
    }

    deinit {
        if !isSpent { client.abort() }
    }
}

/// The right to write an answer's body to its end. Dropped before `finish` it truncates visibly: a reset or a close, never what
/// looks like an end.
struct BodyWriter: ~Copyable {
    private let client: any ClientSide
    private var isFinished = false

    fileprivate init(_ client: any ClientSide) {
        self.client = client
    }

    /// Moves payload from an upstream; 0 when the client is blocked.
    func take(from upstream: Inflow, ready: Int) throws(TransportError) -> Int {
        try client.takeBody(from: upstream, ready: ready)
    }

    func take(_ bytes: Span<UInt8>) {
        client.takeBody(bytes)
    }

    /// Sends a prefix of payload without keeping it, and returns its length; 0 when the client is blocked.
    func write(_ bytes: Span<UInt8>) throws(TransportError) -> Int {
        try client.writeBody(bytes)
    }

    /// Ends the body; what is not yet sent still has to be flushed.
    consuming func finish(trailers: FieldSection? = nil) {
        client.finishBody(trailers: trailers)
        isFinished = true
    }

    deinit {
        if !isFinished { client.abort() }
    }
}
