import Buffers
import EventLoop
import HTTP
import Messages

@testable import Gateway

/// A client whose request has been read.
final class ScriptedClient: ClientSide {
    let request = RequestHead()
    var streamNumbers: (stream: UInt32, request: Int)? { nil }
    let source: ScriptedSource
    let sink: ScriptedSink
    private let loop: EventLoop?
    /// The interim statuses that were forwarded.
    private(set) var interim: [Int] = []
    private(set) var status = 0
    private(set) var framing: BodyFraming?
    private(set) var isCut = false
    private(set) var isEndedTruncated = false
    var presence = ClientPresence.there

    /// - Parameter head: the request's, without the empty line.
    init(
        _ head: String = "GET / HTTP/1.1\r\nHost: a\r\n", source: ScriptedSource = ScriptedSource([.finish]),
        sink: ScriptedSink = ScriptedSink(), loop: EventLoop? = nil
    ) throws {
        self.source = source
        self.sink = sink
        self.loop = loop
        let bytes = Array((head + "\r\n").utf8)
        _ = try request.parse(bytes.span, limits: HeadLimits())
    }

    var hasRequest: Bool { true }
    var body: any BodySource { source }
    var endpoint: ClientEndpoint { preconditionFailure("a relay asks for no endpoint") }

    func sendInterim(_ head: ResponseHead, policy: ResponseFieldPolicy) { interim.append(head.status) }

    func begin(forwarding head: ResponseHead, framing: BodyFraming, policy: ResponseFieldPolicy) {
        status = head.status
        self.framing = framing
    }

    func begin(_ answer: Answer) { status = answer.status }
    var answerBody: any BodySink { sink }
    func abort() { isCut = true }
    func endTruncated() { isEndedTruncated = true }

    var waiter: Waiter {
        guard let loop else { preconditionFailure("a step does not wait") }
        return Waiter(loop: loop)
    }

    func watch(reading: Bool, writing: Bool) {}
    func unwatch() {}
    func upgrade() -> (duplex: any Duplex, unread: Buffer?) { preconditionFailure("an exchange upgrades, not a relay") }
}
