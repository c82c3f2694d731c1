import Buffers
import CFuzzer
import EventLoop
import Glibc
import HTTP
import HTTP2
import Transport

@testable import Messages

/// The package manager's name for `main`. libFuzzer's own would leave no place for it.
@c(FramesTarget_main)
public func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> Int32 {
    var (count, arguments) = unsafe (count, arguments)
    return unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
        // The bytes are only read, during the call.
        checkFrames(unsafe Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
    }
}

/// What comes of a client's frames must not depend on how they are cut: what its requests are, what arrives on each stream, what
/// it is sent, and what ends it.
private func checkFrames(_ input: [UInt8]) {
    let frames = Script.frames(of: input)
    let wire = Wire()
    defer { wire.close() }
    let whole = Conversation(over: wire).hear(frames, step: frames.count)
    // Much, byte by byte, would leave no time for other inputs.
    for step in frames.count < 6000 ? [1, 7] : [1009, 16_384] {
        let cut = Conversation(over: wire).hear(frames, step: step)
        precondition(cut == whole, "the outcome depends on the delivery:\n\(whole)\n\(cut)")
    }
}

/// Frames as the input says: each piece of it is a command, flags, a stream, a length and so many bytes of payload.
private enum Script {
    static func frames(of input: [UInt8]) -> [UInt8] {
        var out = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8), rest = input[...]
        // The first byte says how the connection begins.
        let first = rest.popFirst() ?? 0
        if first & 1 == 1 { out.removeLast(Int(first >> 4)) }
        if first & 2 == 0 { append(4, 0, 0, [], to: &out) }
        while let command = rest.popFirst(), out.count < 150_000 {
            let (flags, place, length) = (rest.popFirst() ?? 0, rest.popFirst() ?? 0, Int(rest.popFirst() ?? 0))
            let content = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            // Streams are few, so that frames meet on them.
            let stream = place & 0x80 == 0 ? UInt32(place & 15) : UInt32(place) << 24 | UInt32(place & 15)
            switch command {
            // Raw bytes.
            case 0x20: out += content
            // A whole request, before the fields that the input has.
            case 0x21...0x2F: append(1, flags, stream, [0x82 | command & 1, 0x87, 0x84, 0x41, 1, 0x61] + content, to: &out)
            // As much DATA as a frame may have, or a byte more.
            case 0x30: append(0, flags & ~8, stream, [UInt8](repeating: 120, count: 16_384 + length & 1), to: &out)
            default: append(command & 0x1F, flags, stream, content, to: &out)
            }
        }
        return out
    }

    private static func append(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8], to out: inout [UInt8]) {
        let length = payload.count
        out += [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags]
        out += (0..<4).map { UInt8(truncatingIfNeeded: stream >> (24 - 8 * UInt32($0))) } + payload
    }
}

/// One connection's receiving side, with exchanges that answer at once, never, or take nothing.
private final class Conversation: HTTP2Acceptor {
    struct Outcome: Equatable {
        var requests: [String] = []
        var streams: [String] = []
        var error: String?
        var sent: [UInt8] = []
    }

    private let wire: Wire
    private let connection: HTTP2Connection
    private var outcome = Outcome()
    private var open: [HTTP2Stream] = []

    init(over wire: Wire) {
        self.wire = wire
        var limits = StreamLimits(head: HeadLimits(), trailers: ChunkLimits())
        limits.maxStreams = 6
        limits.maxResets = 5
        limits.maxControlFrames = 40
        connection = HTTP2Connection(wire.stream, buffers: wire.buffers, loop: wire.loop, limits: limits)
        connection.acceptor = self
    }

    func hear(_ bytes: [UInt8], step: Int) -> Outcome {
        var waiting: [UInt8] = [], start = 0
        while start < bytes.count, connection.error == nil {
            let end = min(start + max(1, step), bytes.count)
            waiting += bytes[start..<end]
            start = end
            do throws(ConnectionError) {
                waiting.removeFirst(try connection.act(on: waiting.span))
            } catch {
                connection.fail(error)
            }
        }
        outcome.error = connection.error.map { "\($0)" }
        for stream in open { outcome.streams.append(arrived(on: stream)) }
        for stream in open { connection.endExchange(on: stream) }
        connection.endAbandoned(since: .max)
        precondition(!connection.hasStreams, "a stream is left over")
        outcome.sent = wire.send(connection)
        connection.discard()
        return outcome
    }

    var headLimits: HeadLimits { HeadLimits() }

    func received(_ fields: consuming RequestFields, on stream: HTTP2Stream) -> RequestHead? {
        let hasBody = !stream.inflow.hasEnded
        let kind = fields.conclude(allowsExtendedConnect: connection.offersWebSockets)
        var words = "\(stream.identifier) \(stream.priority) \(fields.malformation?.rawValue ?? "")"
        var text: [UInt8] = []
        fields.appendHead(kind, hasBody: hasBody && kind == .request, key: { Array("AAAAAAAAAAAAAAAAAAAAAA==".utf8) }, to: &text)
        let head = RequestHead()
        var isKept = false
        if fields.malformation == nil, fields.excess == nil {
            do throws(HTTPRefusal) {
                // What is made of the fields is one head, and nothing besides.
                let count = try head.parse(text.span, limits: HeadLimits())
                precondition(count == text.count, "more or less than a head")
                isKept = kind == .request
            } catch {
                words += " \(error.code)"
            }
        }
        let declared: UInt64? = if case .length(let count) = head.framing { count } else { nil }
        stream.inflow.begin(declared: hasBody ? declared : nil, isTunnel: kind == .webSocket)
        outcome.requests.append(words + " " + String(decoding: text, as: UTF8.self))
        connection.keep(fields)
        beginExchange(on: stream)
        return isKept ? head : nil
    }

    func receivedAgain(_ head: RequestHead, on stream: HTTP2Stream) {
        if !stream.inflow.hasEnded, case .length(let count) = head.framing { stream.inflow.begin(declared: count) }
        let text = String(decoding: head.bytes, as: UTF8.self)
        outcome.requests.append("\(stream.identifier) \(stream.priority) again " + text)
        beginExchange(on: stream)
    }

    private func beginExchange(on stream: HTTP2Stream) {
        connection.beginExchange()
        // Every other stream is answered as it comes, some before their requests have ended.
        guard stream.identifier % 4 == 1 else { return open.append(stream) }
        stream.begin(.length(5)) { FieldEncoder.append(200, lines: Array("ETag: \"a\"\r\n".utf8).span, to: &$0) }
        _ = try? stream.outflow.write(Array("hello".utf8).span)
        connection.endExchange(on: stream)
    }

    /// All that has come on a stream.
    private func arrived(on stream: HTTP2Stream) -> String {
        var body: [UInt8] = [], ending = "open"
        do throws(HTTPRefusal) {
            reading: while true {
                switch try stream.inflow.nextBody() {
                case .ready:
                    _ = try? stream.inflow.drain { piece in
                        body.append(contentsOf: piece.indices.map { piece[$0] })
                        return piece.count
                    }
                case .needsBytes: break reading
                case .finished:
                    ending = "finished"
                    break reading
                }
            }
        } catch {
            ending = error.code
        }
        let code = stream.resetCode.map(\.name) ?? "-"
        return "\(stream.identifier) \(code) \(ending) \(body) \(stream.inflow.trailers.bytes) \(stream.inflow.bodyBytes)"
    }
}

/// A socket whose other end is read after each conversation; the loop never runs, so that the time stands still.
private final class Wire {
    let loop: EventLoop
    let stream: Transport.Stream
    let buffers = BufferPool(smallCapacity: 16_384)
    private let other: Int32

    init() {
        var ends: [Int32] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        precondition(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
        do {
            loop = try EventLoop()
            stream = Transport.Stream(try Socket(adopting: ends[0], on: loop))
        } catch {
            preconditionFailure("\(error)")
        }
        other = ends[1]
    }

    func close() {
        stream.socket.close()
        Glibc.close(other)
    }

    /// - Returns: what the connection has to send.
    func send(_ connection: HTTP2Connection) -> [UInt8] {
        precondition((try? connection.flush()) == true, "the other end is always read")
        var all: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe recv(other, &room, room.count, 0)
            guard count > 0 else { return all }
            all += room[..<count]
        }
    }
}
