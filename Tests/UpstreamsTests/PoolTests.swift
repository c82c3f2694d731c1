import Buffers
import EventLoop
import Foundation
import HTTP
import Testing
import Transport

@testable import Upstreams

/// Runs a test's steps on an event loop, as a worker runs its connections.
actor LoopRunner {
    nonisolated let loop: EventLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init() throws {
        loop = try EventLoop()
        try loop.start(name: "test")
    }

    /// The task prefers the loop, as a worker's do: a continuation would resume elsewhere without.
    nonisolated func run(_ steps: @escaping @Sendable (isolated LoopRunner, EventLoop) async throws -> Void) async throws {
        defer { loop.stop() }
        try await Task(executorPreference: loop) { try await steps(self, self.loop) }.value
    }
}

/// Pools over real sockets.
@Suite struct PoolTests {
    private static let settings = Pool.Settings(
        maxIdle: 2, idleTimeout: 60_000_000_000, connectTimeout: 5_000_000_000, handshakeTimeout: 5_000_000_000,
        chunkLimits: ChunkLimits())

    private static func loopback(_ port: UInt16 = 0) -> SocketAddress {
        SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: port)
    }

    private static func pool(_ host: String, _ port: UInt16, on loop: EventLoop) throws -> Pool {
        let server = UpstreamServer(
            UpstreamServer.Identity(isTLS: false, host: host, port: port, basePath: ""), url: host, authority: host, tls: nil)
        return try Pool(
            server, settings: settings, loop: loop, buffers: BufferPool(smallCapacity: 1024), names: NameCache(loop: loop))
    }

    /// A lease on a new connection, as after a pick.
    private static func lease(_ pool: Pool, _ loop: EventLoop) async throws(TransportError) -> Lease {
        _ = pool.server.state.begin(atMost: 0, now: 1)
        return try await pool.connect(Waiter(loop: loop))
    }

    /// Lets the loop look at its sockets.
    private static func turn(of loop: EventLoop) async {
        _ = await Waiter(loop: loop).wait(timeout: 1)
    }

    private static func accepted(_ listener: Listener, _ loop: EventLoop) async throws -> Socket {
        while true {
            if case .connection(let descriptor, _) = listener.accept() { return try Socket(adopting: descriptor, on: loop) }
            await Self.turn(of: loop)
        }
    }

    @Test("A lease that is given back is used again; a dropped one is closed; each is counted once")
    func leases() async throws {
        try await LoopRunner().run { _, loop in
            let listener = try Listener(Self.loopback(), on: loop)
            let pool = try Self.pool("127.0.0.1", listener.address.port, on: loop)
            let first = try await Self.lease(pool, loop)
            #expect(pool.server.load == 1)
            first.release()
            #expect(pool.server.load == 0 && pool.idleCount == 1)
            _ = pool.server.state.begin(atMost: 0, now: 1)
            if let again = pool.leaseIdle(carefully: true) {
                #expect(again.side.isReused)
            } else {
                Issue.record("the idle connection is gone")
            }
            #expect(pool.server.load == 0 && pool.idleCount == 0)
        }
    }

    @Test("No more than max_idle are kept")
    func maxIdle() async throws {
        try await LoopRunner().run { _, loop in
            let listener = try Listener(Self.loopback(), on: loop)
            let pool = try Self.pool("127.0.0.1", listener.address.port, on: loop)
            let a = try await Self.lease(pool, loop)
            let b = try await Self.lease(pool, loop)
            let c = try await Self.lease(pool, loop)
            a.release()
            b.release()
            c.release()
            #expect(pool.idleCount == 2)
            pool.closeIdle()
            #expect(pool.idleCount == 0 && pool.server.load == 0)
        }
    }

    @Test("The event loop notices that the upstream has closed an idle connection")
    func idleClose() async throws {
        try await LoopRunner().run { _, loop in
            let listener = try Listener(Self.loopback(), on: loop)
            let pool = try Self.pool("127.0.0.1", listener.address.port, on: loop)
            let lease = try await Self.lease(pool, loop)
            let peer = try await Self.accepted(listener, loop)
            lease.release()
            #expect(pool.idleCount == 1)
            peer.close()
            // Nobody asks the pool for anything: it is told.
            while pool.idleCount > 0 { await Self.turn(of: loop) }
        }
    }

    @Test(
        "A body that comes behind a 204 makes its connection useless also before the event loop knows of it",
        arguments: [200, 204])
    func lateBody(status: Int) async throws {
        try await LoopRunner().run { _, loop in
            let listener = try Listener(Self.loopback(), on: loop)
            let pool = try Self.pool("127.0.0.1", listener.address.port, on: loop)
            let lease = try await Self.lease(pool, loop)
            let peer = Stream(try await Self.accepted(listener, loop))
            let head = ResponseHead()
            let text = Array("HTTP/1.1 \(status) X\r\n\(status == 200 ? "Content-Length: 0\r\n" : "")\r\n".utf8)
            #expect(try head.parse(text.span, limits: HeadLimits()) == text.count)
            _ = try lease.side.beginBody(of: head, to: .get)
            lease.release()
            #expect(pool.idleCount == 1)
            if status == 204 { #expect(try peer.write("HTTP/1.1 200 OK\r\n\r\n".utf8Span.span) > 0) }
            // Now, and not at the end of this turn.
            peer.socket.sendDeferred()
            _ = pool.server.state.begin(atMost: 0, now: 1)
            // The loop has had no turn meanwhile.
            if let again = pool.leaseIdle() {
                #expect(status == 200)
                again.release()
            } else {
                #expect(status == 204)
                pool.leaseEnded()
            }
            #expect(pool.server.load == 0 && pool.idleCount == (status == 200 ? 1 : 0))
        }
    }

    @Test("A refused connection is an error of the server's, and ends what the pick began")
    func refused() async throws {
        try await LoopRunner().run { _, loop in
            let listener = try Listener(Self.loopback(), on: loop)
            let pool = try Self.pool("127.0.0.1", listener.address.port, on: loop)
            listener.close()
            do throws(TransportError) {
                try await Self.lease(pool, loop).release()
                Issue.record("connected to nobody")
            } catch {
                guard case .system = error else { throw error }
            }
            #expect(pool.server.load == 0)
        }
    }

    @Test("A server that speaks before it is asked is not asked: what it says would be taken for the answer")
    func spokeFirst() async throws {
        try await LoopRunner().run { _, loop in
            let listener = try Listener(Self.loopback(), on: loop)
            let pool = try Self.pool("127.0.0.1", listener.address.port, on: loop)
            let stream = try await Stream.connect(
                toAnyOf: [listener.address], tls: nil, waiter: Waiter(loop: loop), connectTimeout: 5_000_000_000,
                handshakeTimeout: 1)
            let peer = Stream(try await Self.accepted(listener, loop))
            #expect(try peer.write("HTTP/1.1 408 Request Timeout\r\n\r\n".utf8Span.span) > 0)
            while !stream.socket.isReadable { await Self.turn(of: loop) }
            _ = pool.server.state.begin(atMost: 0, now: 1)
            #expect(throws: TransportError.self) { _ = try pool.side(over: stream, to: nil, of: 0) }
            #expect(pool.server.load == 0 && stream.socket.descriptor == -1)
        }
    }

    @Test("All addresses are tried: the first that takes the connection wins")
    func race() async throws {
        try await LoopRunner().run { _, loop in
            let closed = try Listener(Self.loopback(), on: loop)
            let dead = closed.address
            closed.close()
            let listener = try Listener(Self.loopback(), on: loop)
            let stream = try await Stream.connect(
                toAnyOf: [dead, listener.address, dead], tls: nil, waiter: Waiter(loop: loop), connectTimeout: 5_000_000_000,
                handshakeTimeout: 1)
            stream.close()
            let nobody = try? await Stream.connect(
                toAnyOf: [dead, dead], tls: nil, waiter: Waiter(loop: loop), connectTimeout: 5_000_000_000, handshakeTimeout: 1)
            #expect(nobody == nil)
        }
    }

    @Test("localhost is the loopback of whichever family its server listens at", arguments: ["127.0.0.1", "::1"])
    func localhost(address: String) async throws {
        try await LoopRunner().run { _, loop in
            let place = try #require(SocketAddress(literal: address, port: 0))
            let listener = try Listener(place, on: loop)
            let pool = try Self.pool("localhost", listener.address.port, on: loop)
            try await Self.lease(pool, loop).release()
            #expect(pool.idleCount == 1)
        }
    }

    @Test("A server may listen on a Unix socket")
    func unixSocket() async throws {
        try await LoopRunner().run { _, loop in
            let path = "/tmp/gatehouse-\(UInt64.random(in: 0...UInt64.max)).sock"
            let listener = try Listener(SocketAddress(family: .unix, bytes: Array(path.utf8), port: 0), on: loop)
            let pool = try Self.pool(path, 0, on: loop)
            try await Self.lease(pool, loop).release()
            #expect(pool.idleCount == 1)
            listener.close()
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test("Who waits in line is told when room becomes free; the line has a limit")
    func line() async throws {
        try await LoopRunner().run { _, loop in
            let limit = RequestQueue.Limit(maxWaiting: 1, timeout: 60_000_000_000)
            let count = RequestQueue.Count()
            let line = RequestQueue(count)
            let (first, second) = (Waiter(loop: loop), Waiter(loop: loop))
            #expect(line.enter(first, limit))
            #expect(!line.enter(second, limit))
            #expect(count.value == 1)
            #expect(await line.wait(first, since: loop.now, limit) == .lookAgain)
            #expect(await line.wait(first, since: loop.now &- limit.timeout, limit) == .timedOut)
            line.leave(first)
            #expect(count.value == 0 && line.isEmpty)
        }
    }

    @Test("When the first has left the line, it is the next one's turn")
    func lineOrder() async throws {
        try await LoopRunner().run { _, loop in
            let line = RequestQueue(RequestQueue.Count())
            let limit = RequestQueue.Limit(maxWaiting: 2, timeout: 3_600_000_000_000)
            let (first, second) = (Waiter(loop: loop), Waiter(loop: loop))
            #expect(line.enter(first, limit) && line.enter(second, limit))
            #expect(line.isFirst(first) && !line.isFirst(second))
            line.leave(first)
            #expect(line.isFirst(second))
        }
    }
}
