import Messages
import Transport

/// One watcher of the event stream: each snapshot goes out as it is made. While one waits to be taken no other is looked at, and
/// whoever takes none for a while is cut.
final class EventStream: Upgraded {
    /// How long one event may take to be sent, in nanoseconds.
    static let sendTimeout: UInt64 = 10_000_000_000

    /// Bytes that the kernel may keep for somebody who does not read: more than a usual snapshot.
    private static let sendBuffer: Int32 = 16_384

    private let feed: SnapshotFeed
    private let streams: UpgradedStreams
    private let greeting: [UInt8]
    private var isOver = false
    private(set) var isBroken = false

    /// - Parameters:
    ///   - feed: in which a place has been taken.
    ///   - greeting: sent before all else.
    init(_ feed: SnapshotFeed, _ streams: UpgradedStreams, greeting: [UInt8]) {
        self.feed = feed
        self.streams = streams
        self.greeting = greeting
    }

    func run() async {
        await follow()
        await feed.leave()
    }

    func drain() { isOver = true }

    func cut() { isOver = true }

    private func follow() async {
        streams.outflow.stream.limitSendBuffer(to: Self.sendBuffer)
        guard await send(greeting), await send(await feed.history) else { return }
        var number: UInt64?
        while !isOver, let frame = await feed.next(after: number), !isOver {
            guard await send(frame.event) else { return }
            number = frame.number
        }
    }

    /// - Returns: false: it was not taken, and what was sent of it is no whole event.
    private func send(_ event: [UInt8]) async -> Bool {
        switch await streams.send(event, within: Self.sendTimeout, unless: { isOver }) {
        case .sent: return true
        case .gone: return false
        case .untaken:
            isBroken = true
            return false
        }
    }
}
