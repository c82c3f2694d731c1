import Buffers
import EventLoop
import Glibc
import LoopTesting
import Testing

@testable import Transport

/// What is short goes at the end of the loop's turn; who watches the other end must not be able to tell.
@Suite struct DeferredSendsTests {
    @Test(arguments: [false, true])
    func `short and long sends of one turn arrive in their order`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            let bytes = pattern(90_000)
            var sent = 0
            // The shorter ones alone are deferred.
            for count in [1, 4096, 4097, 7, 30_000, 12, 4000, 200] where sent < bytes.count {
                sent += try connection.server.write(bytes.span.extracting(sent..<min(sent + count, bytes.count)))
            }
            #expect(connection.server.socket.hasDeferred)
            #expect(try await connection.received(sent, at: connection.client) == Array(bytes[..<sent]))
            #expect(!connection.server.socket.hasDeferred)
            connection.close()
        }
    }

    @Test(arguments: [false, true])
    func `more than there is room for in a turn arrives in its order, also in a full socket`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            let sender = connection.server
            sender.limitSendBuffer(to: 1)
            let bytes = pattern(400_000)
            var sent = 0
            while sent < bytes.count {
                let count = try sender.write(bytes.span.extracting(sent..<min(sent + 1000, bytes.count)))
                sent += count
                if count == 0 { break }
            }
            #expect(sender.hasUnsent && !sender.socket.isWritable)
            #expect(try await connection.received(sent, at: connection.client) == Array(bytes[..<sent]))
            connection.close()
        }
    }

    @Test func `a socket that is closed is not written to under its old number`() async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: true)
            connection.server.socket.close()
            let (ours, theirs) = try pair(SOCK_STREAM, on: actor.loop)
            // A short one is told by the next.
            _ = try connection.server.write(pattern(10).span)
            connection.server.socket.sendDeferred()
            #expect(throws: TransportError.self) { _ = try connection.server.write(pattern(10).span) }
            connection.server.close()
            #expect(!ours.peerHasSpoken() && !theirs.peerHasSpoken())
            ours.close()
            theirs.close()
            connection.close()
        }
    }

    @Test func `nothing goes before the turn's end, and a head goes with its payload`() async throws {
        try await onLoop { actor in
            // What one call sends over such a pair, one call receives, and no more.
            let (sender, receiver) = try pair(SOCK_SEQPACKET, on: actor.loop)
            let head = Buffer(capacity: 300)
            head.append(pattern(300).span)
            #expect(try sender.write(head, then: pattern(500).span) == 500 && head.isEmpty)
            #expect(try sender.write(pattern(9).span) == 9)
            #expect(sender.socket.hasDeferred && !receiver.peerHasSpoken())
            while !receiver.socket.isReadable { await actor.loop.yield() }
            let all = Buffer(capacity: 65_536)
            #expect(try receiver.read(into: all) == .bytes(800))
            #expect(all.drain() == pattern(300) + pattern(500))
            receiver.socket.isReadable = true
            #expect(try receiver.read(into: all) == .bytes(9))
            sender.close()
            receiver.close()
        }
    }

    @Test(arguments: [false, true])
    func `what a full socket does not take goes when it does, and nothing overtakes it`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            let (sender, receiver) = (connection.server, connection.client)
            sender.limitSendBuffer(to: 1)
            let bytes = pattern(8_000_000)
            var sent = 0
            while !sender.hasUnsent {
                sent += try sender.write(bytes.span.extracting(sent..<sent + 3000))
                await actor.loop.yield()
            }
            #expect(try !sender.flush() && sender.hasUndelivered)
            // Over TLS it would be said, and nothing may follow it.
            if !overTLS { #expect(!sender.sendCloseNotify()) }
            #expect(try sender.write(bytes.span.extracting(sent..<sent + 3000)) == 0)
            #expect(try await connection.received(sent, at: receiver) == Array(bytes[..<sent]))
            #expect(try sender.flush() && sender.socket.isWritable)
            #expect(try await connection.carry(pattern(5000), from: sender, to: receiver) == pattern(5000))
            connection.close()
        }
    }

    @Test(arguments: [false, true])
    func `an end comes behind what was deferred`(overTLS: Bool) async throws {
        for ending in [{ $0.close() }, { $0.shutdownWrite() }, { $0.breakOff() }] as [@Sendable (Stream) -> Void] {
            try await onLoop { actor in
                let connection = try await connected(on: actor.loop, overTLS: overTLS)
                #expect(try connection.server.write(pattern(100).span) == 100)
                ending(connection.server)
                let room = Buffer(capacity: 65_536)
                #expect(try await connection.next(connection.client, into: room) == .bytes(100))
                #expect(room.drain() == pattern(100))
                connection.close()
            }
        }
    }

    @Test(arguments: [false, true])
    func `a send that fails is told by the next one`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            #expect(try connection.server.write(pattern(10).span) == 10)
            connection.client.abort()
            #expect(throws: TransportError.self) {
                // The turn in which the reset comes may be a later one.
                while true {
                    _ = try connection.server.write(pattern(10).span)
                    connection.server.socket.sendDeferred()
                }
            }
            #expect(throws: TransportError.self) { _ = try connection.server.write(pattern(10_000).span) }
            connection.close()
        }
    }

    private func pair(_ type: __socket_type, on loop: EventLoop) throws -> (Stream, Stream) {
        var ends: [Int32] = [0, 0]
        #expect(unsafe socketpair(AF_UNIX, Int32(type.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        return (Stream(try Socket(adopting: ends[0], on: loop)), Stream(try Socket(adopting: ends[1], on: loop)))
    }
}

extension Connection {
    /// Reads so many bytes.
    fileprivate nonisolated(nonsending) func received(_ count: Int, at receiver: Stream) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        let room = Buffer(capacity: 65_536)
        while bytes.count < count {
            guard case .bytes = try await next(receiver, into: room) else { return bytes }
            bytes += room.drain()
        }
        return bytes
    }
}
