import Buffers
import EventLoop
import HTTP
import Messages
import Transport

/// Stands where a client would, while the cache asks for something for itself (RFC 5861 §3).
final class RefreshSide: ClientSide, StreamExchange {
    let request: RequestHead
    let endpoint: ClientEndpoint
    /// The one in which its route is looked up.
    let generation: Generation
    let recording: CacheRecording
    let route: ProxyRoute
    let found: RouteTable.Found
    let site: SitePlan
    let headers: HeaderPlan
    let identity: IdentityFields?
    private let resources: WorkerResources
    private let nothing = EmptyBody()
    private var taskWaiter: Waiter?

    init(
        _ cacheable: borrowing CacheableRequest, endpoint: ClientEndpoint, generation: Generation, resources: WorkerResources,
        recording: CacheRecording, headers: HeaderPlan, identity: IdentityFields?
    ) {
        // Of its own: the client's goes on to its next request.
        request = resources.heads.acquireRequest()
        request.copy(cacheable.head)
        self.endpoint = endpoint
        recording.selecting.request = request
        self.generation = generation
        self.resources = resources
        self.recording = recording
        route = cacheable.route
        found = cacheable.found
        site = cacheable.site
        self.headers = headers
        self.identity = identity
    }

    // MARK: Its task

    /// It is no request of a client's connection.
    var session: (any ClientSession)? { nil }

    nonisolated(nonsending) func serve(_ waiter: Waiter) async {
        taskWaiter = waiter
        do {
            var exchange = Exchange(self, resources: resources, in: generation)
            await exchange.refresh(for: self)
        }
        if case .validation(let answer, _) = recording.purpose { answer.isRefreshing = false }
        resources.heads.release(request)
    }

    // MARK: The request

    var hasRequest: Bool { true }
    var body: any BodySource { nothing }
    var streamNumbers: (stream: UInt32, request: Int)? { nil }

    // MARK: The answer, which goes nowhere

    func sendInterim(_ head: ResponseHead, policy: ResponseFieldPolicy) {}
    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) {}
    func begin(_ answer: Answer) {}
    var answerBody: any BodySink { nothing }
    func abort() {}
    func endTruncated() {}

    // MARK: Waiting

    var waiter: Waiter {
        guard let taskWaiter else { preconditionFailure("an exchange waits that has not begun") }
        return taskWaiter
    }

    func watch(reading: Bool, writing: Bool) {}
    func unwatch() {}
    var presence: ClientPresence { .there }
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { preconditionFailure("nothing was asked for but an answer") }
}

/// A body without a byte, and one that takes all.
private final class EmptyBody: BodySource, BodySink {
    private(set) var bodyBytes: UInt64 = 0
    let trailers = FieldSection()
    let isBodyFinished = true

    func nextBody() throws(HTTPRefusal) -> BodyState { .finished }
    func read() throws(PeerError) -> BodyRead { .end }
    func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int { 0 }

    func write(_ payload: Span<UInt8>) throws(PeerError) -> Int { payload.count }
    func finish(trailers: FieldSection?) {}
    func flush() throws(PeerError) -> Bool { true }
    func discard() {}
}
