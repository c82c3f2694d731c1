import EventLoop
import HTTP
import Upstreams

/// One request through one upstream, both ways at once, in one task: the request's body goes up while the answer is already
/// watched for, so an early answer is delivered and nobody deadlocks.
///
/// Nothing is buffered beyond one buffer each way: a direction whose sink is blocked does not read its source.
struct Relay: ~Copyable {
    /// How the exchange came to its end.
    enum Outcome {
        case complete
        /// 101: from now on the connection is the tunnel's.
        case upgraded
    }

    /// Buffers that one direction moves before the other is looked at.
    static let movesPerTurn = 8

    private let waiter: Waiter
    private let loop: EventLoop
    private(set) var upload: Upload
    private(set) var download: Download
    /// When it began, in monotonic nanoseconds.
    let began: UInt64
    /// Nanoseconds spent waiting for the client's body while the upstream would have taken it.
    private var waitedForBody: UInt64 = 0
    /// Nanoseconds spent waiting for the client to take some of the answer.
    private(set) var waitedForTaking: UInt64 = 0
    /// See `RelayProgress`: is it a gRPC call, and its deadline in monotonic nanoseconds.
    private let (isCall, end): (Bool, UInt64)

    /// - Parameters:
    ///   - upstream: the request's head has been given to it.
    ///   - responder: is spent when the upstream's head is forwarded; until then it can be taken back.
    init(
        _ proxied: borrowing ProxiedRequest, from client: any ClientSide, to upstream: any UpstreamSide, headers: HeaderPlan,
        responder: consuming Responder, head: ResponseHead, limits: PlanLimits, options: consuming RelayOptions
    ) {
        let proxying = proxied.route.proxying
        waiter = client.waiter
        loop = waiter.loop
        began = loop.now
        (isCall, end) = (options.isCall, options.deadline ?? .max)
        upload = Upload(
            from: client.body, to: upstream.requestBody, replay: options.replay.take(), limit: proxying.bodyLimit, now: began)
        if options.forwardsTrailers {
            let isTrusted = client.endpoint.forwarding(to: proxied.site).isTrusted
            upload.trailers = TrailerRules(headers.request, isTrusted: isTrusted)
        }
        download = Download(
            from: upstream, to: client, request: proxied.head, responder: responder, head: head, proxying: proxying,
            headers: headers, limits: limits, wantsUpgrade: proxied.wantsUpgrade, options: options, now: began)
    }

    /// The right to answer, if the relay failed before using it.
    mutating func takeResponder() -> Responder? { download.takeResponder() }

    /// The right to end the answer, if it has begun and not ended.
    mutating func takeWriter() -> BodyWriter? { download.takeWriter() }

    /// Carries the exchange out.
    @inline(__always)  // Price 7.
    mutating nonisolated(nonsending) func run() async throws(Failure) -> Outcome {
        defer {
            download.upstream.watch(reading: false, writing: false)
            download.client.unwatch()
        }
        download.upstream.attach(to: waiter)
        while true {
            let up = try upload.step(now: loop.now)
            let down = try download.step(upload.state, now: loop.now)
            if download.state == .done { return download.isUpgraded ? .upgraded : .complete }
            if up.wantsTurn || down.wantsTurn {
                // A fast pair of peers must not keep the others of this loop waiting.
                await loop.yield()
                continue
            }
            let timeout = try prepareToWait(up, down)
            let since = loop.now
            // After the time it is looked at again: a deadline may have moved, as where others of the connection had their turn.
            _ = await waiter.wait(timeout: timeout)
            if up.onClient { waitedForBody &+= loop.now &- since }
            if down.onClient, !down.onUpstream { waitedForTaking &+= loop.now &- since }
        }
    }

    /// Says what is to wake the exchange.
    /// - Returns: the nanoseconds after which it may have waited too long.
    private func prepareToWait(_ up: Blocked, _ down: Blocked) throws(Failure) -> UInt64 {
        download.upstream.watch(reading: down.onUpstream, writing: up.onUpstream)
        download.client.watch(reading: up.onClient, writing: down.onClient)
        let now = loop.now
        let deadline = RelayDeadline.nearest(
            of: RelayProgress(
                up: up, down: down, upload: upload.state, download: download.state, uploadedAt: upload.movedAt,
                downloadedAt: download.movedAt, received: upload.received,
                isEventStream: download.isEventStream, isCall: isCall, end: end, waitedForBody: waitedForBody,
                client: download.client.presence),
            limits: download.limits, timeouts: download.proxying.timeouts, now: now)
        guard deadline.at > now else { throw deadline.expiry == .left ? download.client.departure : deadline.expiry.failure }
        return deadline.at - now
    }
}
