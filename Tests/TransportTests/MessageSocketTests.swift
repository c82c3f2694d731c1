import EventLoop
import LoopTesting
import Testing

@testable import Transport

@Suite struct MessageSocketTests {
    @Test func `a peer that sends a byte now and then is waited for no longer than one that is silent`() async throws {
        try await onLoop { actor in
            let listener = try Listener(try #require(SocketAddress(literal: "127.0.0.1", port: 0)), on: actor.loop)
            let socket = try MessageSocket(connectedTo: listener.address, .stream, timeout: 10)
            var peer: Int32?
            while peer == nil {
                if case .connection(let descriptor, _) = listener.accept() { peer = descriptor }
            }
            let descriptor = try #require(peer)
            #expect(throws: TransportError.self) { try socket.receive(atMost: .max, within: 1) { _ in false } }
            // Whenever a byte has been read the next one is there.
            let answer = try socket.receive(atMost: .max, within: 1) { _ in
                push([0x61], to: descriptor)
                return false
            }
            #expect(!answer.isEmpty)
            Listener.turnAway(descriptor)
            let rest = try socket.receive(atMost: .max, within: 1) { _ in false }
            #expect(rest.allSatisfy { $0 == 0x61 })
            socket.close()
            listener.close()
        }
    }

    @Test func `a peer that takes a byte at a time is waited for no longer than one that takes nothing`() async throws {
        try await onLoop { actor in
            let listener = try Listener(try #require(SocketAddress(literal: "127.0.0.1", port: 0)), on: actor.loop)
            let socket = try MessageSocket(connectedTo: listener.address, .stream, timeout: 10)
            var peer: Int32?
            while peer == nil {
                if case .connection(let descriptor, _) = listener.accept() { peer = descriptor }
            }
            let descriptor = try #require(peer)
            let reader = Task.detached {
                while !Task.isCancelled, pull(descriptor, atMost: 1) != nil {}
            }
            // More than anybody takes by bytes in so long.
            let bytes = [UInt8](repeating: 0x61, count: 100_000_000)
            #expect(throws: TransportError.self) { try socket.send(bytes, within: 1) }
            reader.cancel()
            await reader.value
            Listener.turnAway(descriptor)
            socket.close()
            listener.close()
        }
    }
}
