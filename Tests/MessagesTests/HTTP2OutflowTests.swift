import Buffers
import EventLoop
import Glibc
import HTTP
import LoopTesting
import Testing
import Transport

@testable import Messages

@Suite("What a stream still has to send when it ends")
struct HTTP2OutflowTests {
    @Test("waits no longer for the connection's window to open, however many streams come and go meanwhile")
    func queue() async throws {
        try await onLoop { actor in
            let (ours, theirs) = connectedPair()
            defer { close(theirs) }
            let transport = Stream(try Socket(adopting: ours, on: actor.loop))
            let connection = Self.connection(over: transport, on: actor.loop)
            // More than is collected for all streams together.
            let bytes = [UInt8](repeating: 0x78, count: 60_000)
            for _ in 0..<3 {
                let stream = Self.request(over: connection)
                let taken = try stream.outflow.write(bytes.span)
                stream.watch(reading: false, writing: true)
                #expect(taken < bytes.count && connection.queue.count == 1)
                connection.endExchange(on: stream)
                #expect(connection.queue.isEmpty)
            }
            connection.discard()
            transport.close()
        }
    }

    @Test("of a request that a server wants no more of, behind a whole answer, is refused, and the answer stands")
    func answered() async throws {
        try await onLoop { actor in
            let (ours, theirs) = connectedPair()
            defer { close(theirs) }
            let transport = Stream(try Socket(adopting: ours, on: actor.loop))
            let connection = Self.connection(over: transport, on: actor.loop)
            let stream = Self.request(over: connection)
            // SETTINGS; HEADERS with `:status: 200` and END_STREAM; RST_STREAM(NO_ERROR).
            let frames: [UInt8] =
                [0, 0, 0, 4, 0, 0, 0, 0, 0] + [0, 0, 1, 1, 5, 0, 0, 0, 1, 0x88] + [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0]
            let used = try connection.act(on: frames.span)
            #expect(used == frames.count)
            #expect(!stream.hasLeft && stream.inflow.isBodyFinished && !stream.answer.isEmpty)
            let more: [UInt8] = [0x78]
            #expect(throws: PeerError.self) { _ = try stream.outflow.write(more.span) }
            connection.endExchange(on: stream)
            connection.discard()
            transport.close()
        }
    }

    /// The client's end.
    private static func connection(over transport: Stream, on loop: EventLoop) -> HTTP2Connection {
        HTTP2Connection(
            transport, as: .client, buffers: BufferPool(smallCapacity: 16_384), loop: loop,
            limits: StreamLimits(head: HeadLimits(), trailers: ChunkLimits()))
    }

    /// The stream of a request whose body is still to come.
    private static func request(over connection: HTTP2Connection) -> HTTP2Stream {
        let stream = connection.makeRequestStream()
        connection.open(stream, isToHead: false)
        stream.begin(.untilClose) { _ in }
        return stream
    }
}
