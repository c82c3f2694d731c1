import EventLoop
import HTTP
import Messages
import Transport
import WebSocket

/// One WebSocket of the chat, from the handshake's answer to its end.
///
/// What the room says waits in a queue of its own. A member that does not read what it is sent loses its place instead of
/// holding up the others.
final class ChatMember: Upgraded {
    /// Bytes of one message.
    static let maxMessage = 1_048_576
    /// Bytes that may wait for a member; who lets more pile up is shown out.
    static let maxQueued = 4 * maxMessage

    private(set) var name: String
    let server: String
    private let inflow: Inflow
    private let outflow: Outflow
    private let stream: Stream
    private let waiter: Waiter
    private let loop: EventLoop
    private let rooms: ChatRooms
    private let roomName: String
    private var room: ChatRoom?

    private var decoder = MessageDecoder(of: .client, maxMessageSize: ChatMember.maxMessage)
    /// Whole frames; `sent` bytes of the first are with the kernel.
    private var queue: [[UInt8]] = []
    private var sent = 0
    private var queued = 0

    /// Set once our Close frame is in the queue: no more is said then, and the peer has until this time to end.
    private var closesBy: UInt64?
    /// The peer's Close has come, or it broke the protocol: nothing it sends is read any more.
    private var isDeaf = false
    private var hasShutDown = false
    private var isCut = false
    /// A Ping was sent and nothing has come since.
    private var isProbed = false

    init(_ guest: ChatGuest, server: String, rooms: ChatRooms, streams: UpgradedStreams) {
        name = guest.name
        roomName = guest.room
        self.server = server
        self.rooms = rooms
        inflow = streams.inflow
        outflow = streams.outflow
        stream = streams.inflow.stream
        waiter = streams.waiter
        loop = streams.waiter.loop
    }

    /// Takes part until either side has closed.
    func run() async {
        let room = rooms.room(named: roomName)
        self.room = room
        name = room.join(self)
        room.greet(self)
        defer { leave() }
        inflow.beginBody(.untilClose)
        do {
            while try await turn() {}
        } catch {
            // A peer that broke off hears nothing any more.
            return
        }
    }

    /// Queues a whole frame.
    func hear(_ frame: [UInt8]) {
        guard closesBy == nil else { return }
        guard queued <= Self.maxQueued else { return close(.tryAgainLater, reason: "too slow for this room") }
        enqueue(frame)
    }

    /// Begins the closing handshake (RFC 6455 §7.1.2): the frame under way is finished, the rest of the queue dropped.
    func close(_ code: CloseCode?, reason: String) {
        guard closesBy == nil else { return }
        closesBy = loop.now &+ Self.closingTime
        if queue.count > 1 || sent == 0 {
            queue = sent == 0 ? [] : [queue[0]]
            queued = queue.first.map { $0.count - sent } ?? 0
        }
        var frame: [UInt8] = []
        FrameEncoder.close(code, reason: reason, to: &frame)
        enqueue(frame)
        leave()
    }

    func drain() {
        close(.goingAway, reason: "the chat is closing")
    }

    /// Ends it without a word, at the member's next turn.
    func cut() {
        isCut = true
    }

    // MARK: -

    private static let closingTime: UInt64 = 10_000_000_000
    /// How long a member may be silent before it is asked whether it is still there, and again until it is given up.
    private static let silence: UInt64 = 30_000_000_000

    private func leave() {
        room?.leave(self)
        room = nil
    }

    private func enqueue(_ frame: [UInt8]) {
        queue.append(frame)
        queued += frame.count
        waiter.wake(.notified)
    }

    /// Reads what there is, sends what it can, waits.
    /// - Returns: does it go on?
    private func turn() async throws(PeerError) -> Bool {
        guard !isCut, try read() else { return false }
        let isFlushed = try send()
        if isFlushed, isDeaf, closesBy != nil, !hasShutDown {
            // RFC 6455 §7.1.1: the server ends the connection first; its FIN follows the Close, and the peer's is awaited.
            hasShutDown = true
            stream.shutdownWrite()
        }
        if stream.mayRead {
            await loop.yield()
            return true
        }
        stream.socket.interest = isFlushed ? stream.readInterest : stream.readInterest.union(stream.writeInterest)
        let now = loop.now
        let timeout = closesBy.map { $0 > now ? $0 - now : 0 } ?? Self.silence
        let wake = await waiter.wait(timeout: timeout)
        stream.socket.interest = .none
        return wake != .deadline || isStillAwaited()
    }

    /// A deadline has passed: the one for closing, or of silence.
    private func isStillAwaited() -> Bool {
        guard closesBy == nil, !isProbed else { return false }
        isProbed = true
        var frame: [UInt8] = []
        FrameEncoder.ping(Array("there?".utf8).span, to: &frame)
        enqueue(frame)
        return true
    }

    /// - Returns: false at the end of the stream.
    private func read() throws(PeerError) -> Bool {
        // The bytes that came with the handshake's are there before anything is read.
        takeBytes()
        for _ in 0..<8 {
            switch try inflow.read() {
            case .progress:
                if inflow.isBodyFinished { return false }
                takeBytes()
            case .end: return false
            case .blocked, .full: return true
            }
        }
        return true
    }

    private func takeBytes() {
        guard case .ready(let count)? = try? inflow.nextBody() else { return }
        isProbed = false
        var events: [MessageDecoder.Event] = []
        var violation: Violation?
        _ = try? inflow.drain { bytes throws(PeerError) in
            if !isDeaf {
                do throws(Violation) { try decoder.receive(bytes, into: &events) } catch { violation = error }
            }
            return count
        }
        for event in events { handle(event) }
        guard let violation else { return }
        isDeaf = true
        close(violation.closeCode, reason: violation.reason)
    }

    private func handle(_ event: MessageDecoder.Event) {
        switch event {
        case .text(let text): room?.say(text, by: self)
        case .binary: close(.unsupportedData, reason: "this chat is of text")
        case .ping(let payload):
            var frame: [UInt8] = []
            FrameEncoder.pong(payload.span, to: &frame)
            hear(frame)
        case .pong: break
        case .close(let code, _):
            isDeaf = true
            // RFC 6455 §5.5.1: answered with the code that came.
            close(code, reason: "")
        }
    }

    /// - Returns: is everything with the kernel?
    private func send() throws(PeerError) -> Bool {
        guard try outflow.flush() else { return false }
        while let frame = queue.first {
            let count: Int
            do {
                count = try stream.write(frame.span.extracting(sent..<frame.count))
            } catch {
                throw .connection(error)
            }
            guard count > 0 else { return false }
            sent += count
            queued -= count
            guard sent == frame.count else { continue }
            queue.removeFirst()
            sent = 0
        }
        return true
    }
}
