import Buffers
import EventLoop
import HTTP
import Messages
import Upstreams

/// An upstream whose answers' heads are written down; its body is a scripted source.
final class ScriptedUpstream: UpstreamSide {
    private var heads: [String]
    let source: ScriptedSource
    let sink: ScriptedSink
    var isReused = false
    var hasUntakenBytes = false
    let hasOtherVersion = false

    init(_ heads: [String], source: ScriptedSource, sink: ScriptedSink = ScriptedSink()) {
        self.heads = heads
        self.source = source
        self.sink = sink
    }

    func begin(
        _ request: RequestHead, _ forwarded: borrowing UpstreamRequest, policy: borrowing RequestFieldPolicy,
        client: borrowing ClientPeer
    ) {}

    var requestBody: any BodySink { sink }

    func takeHead(_ head: ResponseHead, limits: HeadLimits) throws(HTTPRefusal) -> Bool {
        guard !heads.isEmpty else { return false }
        let bytes = Array((heads.removeFirst() + "\r\n").utf8)
        return try head.parse(bytes.span, limits: limits) != nil
    }

    func beginBody(of head: ResponseHead, to method: HTTP.Method) throws(HTTPRefusal) -> BodyFraming {
        try BodyFraming.ofResponse(head, to: method)
    }

    var body: any BodySource { source }
    func attach(to waiter: Waiter) {}
    func watch(reading: Bool, writing: Bool) {}
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { preconditionFailure("an exchange upgrades, not a relay") }
    func release(to pool: Pool) {}
    func cancel() {}
}
