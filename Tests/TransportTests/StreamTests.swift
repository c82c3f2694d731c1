import Buffers
import COpenSSL
import EventLoop
import Glibc
import LoopTesting
import TLS
import Testing

@testable import Transport

@Suite struct StreamTests {
    @Test(arguments: [false, true])
    func `bytes arrive as they were sent, both ways`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            for count in [1, 16_383, 16_384, 16_385, 65_536, 300_000] {
                let bytes = pattern(count)
                #expect(try await connection.carry(bytes, from: connection.client, to: connection.server) == bytes)
                #expect(try await connection.carry(bytes, from: connection.server, to: connection.client) == bytes)
            }
            connection.close()
        }
    }

    @Test(arguments: [false, true])
    func `keys are replaced on the way, and nothing is lost`(bothLeaveOpenSSL: Bool) async throws {
        try await onLoop { actor in
            // Of the loop's thread, which ends with this test.
            gh_replace_keys_after(3)
            let connection = try await connected(on: actor.loop, overTLS: true)
            if bothLeaveOpenSSL {
                #expect(try await connection.carry([1], from: connection.server, to: connection.client) == [1])
                connection.client.takeOverRecords()
            }
            for count in [1, 300_000, 2, 20_000] {
                let bytes = pattern(count)
                #expect(try await connection.carry(bytes, from: connection.server, to: connection.client) == bytes)
                #expect(try await connection.carry(bytes, from: connection.client, to: connection.server) == bytes)
            }
            connection.close()
        }
    }

    @Test(arguments: [false, true])
    func `a peer that has sent data is not silent; one that has sent tickets, nothing or its end is`(overTLS: Bool) async throws {
        try await onLoop { actor in
            for speaks in [false, true] {
                let connection = try await connected(on: actor.loop, overTLS: overTLS)
                if speaks { #expect(try connection.server.write(pattern(6).span) == 6) }
                connection.server.close()
                while !connection.client.socket.hasHungUp { _ = await connection.waiter.wait(timeout: nil) }
                #expect((try? connection.client.checkSilence()) == nil ? speaks : !speaks)
                let buffer = Buffer(capacity: 100)
                if speaks { #expect(try connection.client.read(into: buffer) == .bytes(6)) }
                #expect(try connection.client.read(into: buffer) == .end)
                connection.close()
            }
        }
    }

    @Test func `a short read has emptied the kernel's buffer; a full one may have not`() async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop)
            let small = Buffer(capacity: 4)
            #expect(try connection.client.write(pattern(6).span) == 6)
            #expect(try await connection.next(connection.server, into: small) == .bytes(4))
            #expect(connection.server.socket.isReadable)
            small.clear()
            #expect(try connection.server.read(into: small) == .bytes(2))
            #expect(!connection.server.socket.isReadable && !connection.server.mayRead)
            #expect(try connection.server.read(into: small) == .blocked)
            connection.close()
        }
    }

    @Test(arguments: [false, true])
    func `after a hangup a short read keeps the end in sight`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            #expect(try connection.client.write(pattern(6).span) == 6)
            connection.client.close()
            while !connection.server.socket.hasHungUp { _ = await connection.waiter.wait(timeout: nil) }
            let buffer = Buffer(capacity: 100)
            #expect(try connection.server.read(into: buffer) == .bytes(6))
            #expect(connection.server.mayRead)
            #expect(try connection.server.read(into: buffer) == .end)
            connection.close()
        }
    }

    @Test(arguments: [false, true])
    func `an end of one direction leaves the other open`(overTLS: Bool) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: overTLS)
            let buffer = Buffer(capacity: 100)
            connection.client.shutdownWrite()
            #expect(try await connection.next(connection.server, into: buffer) == .end)
            let bytes = pattern(1000)
            #expect(try await connection.carry(bytes, from: connection.server, to: connection.client) == bytes)
            connection.close()
        }
    }

    @Test func `a reset is an error, not an end`() async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop)
            connection.client.abort()
            let buffer = Buffer(capacity: 100)
            let error = await #expect(throws: TransportError.self) {
                _ = try await connection.next(connection.server, into: buffer)
            }
            guard case .system(let cause) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(cause.code == ECONNRESET)
            connection.close()
        }
    }

    @Test func `a TLS peer that leaves without close_notify has cut what it said`() async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: true)
            #expect(try connection.client.write(pattern(6).span) == 6)
            _ = shutdown(connection.client.socket.descriptor, Int32(SHUT_WR))
            let buffer = Buffer(capacity: 100)
            #expect(try await connection.next(connection.server, into: buffer) == .bytes(6))
            let error = await #expect(throws: TransportError.self) {
                _ = try await connection.next(connection.server, into: buffer)
            }
            #expect(kind(error) == .truncated)
            connection.close()
        }
    }

    @Test func `what TLS has read ahead may be read although the socket is empty`() async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: true)
            let small = Buffer(capacity: 4)
            #expect(try connection.client.write(pattern(6).span) == 6)
            #expect(try await connection.next(connection.server, into: small) == .bytes(4))
            #expect(!connection.server.socket.isReadable && connection.server.mayRead)
            small.clear()
            #expect(try connection.server.read(into: small) == .bytes(2))
            #expect(!connection.server.mayRead)
            connection.close()
        }
    }

    @Test func `a reader that is slow gets everything, in order, and what waits is bounded`() async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: true)
            // A small kernel buffer, so that ciphertext has to wait at the sender.
            var size: Int32 = 32_768
            _ = unsafe setsockopt(connection.server.socket.descriptor, SOL_SOCKET, SO_SNDBUF, &size, 4)
            let bytes = pattern(1_000_000)
            var sent = 0
            var received: [UInt8] = []
            var pendings = 0
            let buffer = Buffer(capacity: 16_384)
            while received.count < bytes.count {
                // The sender writes until it is blocked; the reader takes a little.
                while sent < bytes.count, try connection.server.flush() {
                    let count = try connection.server.write(bytes.span.extracting(sent..<min(bytes.count, sent + 65_536)))
                    if count == 0 { break }
                    sent += count
                }
                if connection.server.tls?.hasPendingCiphertext == true { pendings += 1 }
                _ = try connection.server.flush()
                var blocked = false
                for _ in 0..<8 where !blocked {
                    blocked = try connection.client.read(into: buffer) == .blocked
                    received += buffer.drain()
                }
                // Both ends are ours: what one does is an event for the other.
                if blocked { await actor.loop.yield() }
            }
            #expect(received == bytes)
            #expect(pendings > 0)
            connection.close()
        }
    }

    enum Sender: CaseIterable {
        case plain, ownRecords, openSSL
    }

    @Test(arguments: Sender.allCases, [Int32(16_384), 1_000_000])
    func `a head and its payload arrive as one run, however little the kernel takes`(
        sender kind: Sender, room: Int32
    ) async throws {
        try await onLoop { actor in
            let connection = try await connected(on: actor.loop, overTLS: kind != .plain)
            // A client keeps OpenSSL until it settles, a server does not.
            let (sender, receiver) =
                kind == .openSSL ? (connection.client, connection.server) : (connection.server, connection.client)
            var size = room
            _ = unsafe setsockopt(sender.socket.descriptor, SOL_SOCKET, SO_SNDBUF, &size, 4)
            for (head, payload) in [(1, 0), (300, 20_000), (16_384, 16_384), (16_385, 1), (70_000, 200_000), (5, 300_000)] {
                let bytes = pattern(head + payload)
                let buffer = Buffer(capacity: head)
                buffer.append(bytes.span.extracting(0..<head))
                var sent = head
                var received: [UInt8] = []
                while received.count < bytes.count {
                    if !buffer.isEmpty {
                        let count = try sender.write(buffer, then: bytes.span.extracting(sent...))
                        // Who gets 0 waits for the socket: no event would come if it were writable.
                        #expect(count > 0 || payload == 0 || !sender.socket.isWritable)
                        sent += count
                    } else if sent < bytes.count {
                        sent += try sender.write(bytes.span.extracting(sent...))
                    }
                    #expect(buffer.isEmpty || sent == head)
                    _ = try sender.flush()
                    let room = Buffer(capacity: 65_536)
                    switch try receiver.read(into: room) {
                    case .bytes: received += room.drain()
                    case .blocked: await actor.loop.yield()
                    case .end: Issue.record("the sender has not ended")
                    }
                }
                #expect(received == bytes)
            }
            connection.close()
        }
    }

    @Test func `a head and its payload are one system call`() async throws {
        try await onLoop { actor in
            // What one call sends over such a pair, one call receives, and no more.
            var ends: [Int32] = [0, 0]
            #expect(unsafe socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
            let (sender, receiver) = (
                Stream(try Socket(adopting: ends[0], on: actor.loop)), Stream(try Socket(adopting: ends[1], on: actor.loop))
            )
            let head = Buffer(capacity: 300)
            head.append(pattern(300).span)
            #expect(try sender.write(head, then: pattern(20_000).span) == 20_000 && head.isEmpty)
            while !receiver.socket.isReadable { await actor.loop.yield() }
            let all = Buffer(capacity: 65_536)
            #expect(try receiver.read(into: all) == .bytes(20_300))
            #expect(all.drain() == pattern(300) + pattern(20_000))
            // Without a head it is a plain write.
            #expect(try sender.write(head, then: pattern(7).span) == 7)
            sender.close()
            receiver.close()
        }
    }

    @Test func `a refused connection says so`() async throws {
        try await onLoop { actor in
            let listener = try Listener(try #require(SocketAddress(literal: "127.0.0.1", port: 0)), on: actor.loop)
            let address = listener.address
            listener.close()
            let error = await #expect(throws: TransportError.self) {
                _ = try await Stream.connect(
                    toAnyOf: [address], tls: nil, waiter: Waiter(loop: actor.loop), connectTimeout: 10_000_000_000,
                    handshakeTimeout: 1)
            }
            #expect(error?.description == "Connection refused")
        }
    }

    @Test func `a peer that never shakes hands is given up`() async throws {
        try await onLoop { actor in
            let listener = try Listener(try #require(SocketAddress(literal: "127.0.0.1", port: 0)), on: actor.loop)
            let context = try Certificates.client()
            let error = await #expect(throws: TransportError.self) {
                _ = try await Stream.connect(
                    toAnyOf: [listener.address], tls: context, waiter: Waiter(loop: actor.loop), connectTimeout: 10_000_000_000,
                    handshakeTimeout: 1_000_000)
            }
            guard case .handshakeTimedOut = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            listener.close()
        }
    }
}

/// A connection that is ready for bytes.
nonisolated(nonsending) func connected(on loop: EventLoop, overTLS: Bool) async throws -> Connection {
    guard overTLS else { return try await Connection.open(on: loop) }
    let connection = try await Connection.open(on: loop, server: Certificates.server(), client: Certificates.client())
    let failures = await connection.performHandshake()
    #expect(failures.client == nil && failures.server == nil, "\(failures)")
    return connection
}

func kind(_ error: TransportError?) -> TLSError.Kind? {
    guard case .tls(let tls) = error else { return nil }
    return tls.kind
}
