import Buffers
import EventLoop
import LoopTesting
import TLS
import Testing

@testable import Transport

/// Both ends of one connection over loopback, driven by one task.
final class Connection {
    let client: Stream
    let server: Stream
    let waiter: Waiter
    private let listener: Listener

    private init(client: Stream, server: Stream, waiter: Waiter, listener: Listener) {
        self.client = client
        self.server = server
        self.waiter = waiter
        self.listener = listener
        for stream in [client, server] {
            stream.socket.waiter = waiter
            stream.socket.interest = Socket.Interest.read.union(.write).union(.hangup)
        }
    }

    /// Connects; hands are not shaken yet.
    nonisolated(nonsending) static func open(
        on loop: EventLoop, server names: TLSServerNames? = nil, client context: TLSClientContext? = nil
    ) async throws -> Connection {
        let waiter = Waiter(loop: loop)
        let listener = try Listener(try #require(SocketAddress(literal: "127.0.0.1", port: 0)), on: loop)
        let plain = try await Stream.connect(
            toAnyOf: [listener.address], tls: nil, waiter: waiter, connectTimeout: 10_000_000_000,
            handshakeTimeout: 10_000_000_000)
        listener.socket.waiter = waiter
        listener.socket.interest = .read
        while true {
            if case .connection(let descriptor, let peer) = listener.accept() {
                #expect(peer.host == "127.0.0.1")
                let socket = try Socket(adopting: descriptor, on: loop)
                let session = try names.map { try TLSSession(accepting: descriptor, names: $0) }
                let clientSession = try context.map {
                    try TLSSession(connecting: plain.socket.descriptor, context: $0)
                }
                listener.socket.interest = .none
                return Connection(
                    client: Stream(plain.socket, tls: clientSession), server: Stream(socket, tls: session), waiter: waiter,
                    listener: listener)
            }
            _ = await waiter.wait(timeout: nil)
        }
    }

    /// Lets both sides shake hands until both are done or have failed; who fails closes.
    nonisolated(nonsending) func performHandshake() async -> (client: TransportError?, server: TransportError?) {
        var failures: [TransportError?] = [nil, nil]
        var isDone = [false, false]
        while isDone != [true, true] {
            for (index, stream) in [client, server].enumerated() where !isDone[index] {
                do throws(TransportError) {
                    isDone[index] = try stream.handshake() == nil
                } catch {
                    failures[index] = error
                    isDone[index] = true
                    stream.close()
                }
            }
            if let tls = server.tls, !isDone[1], tls.waitsForCertificate {
                await tls.obtainCertificate()
                continue
            }
            if isDone != [true, true] { _ = await waiter.wait(timeout: nil) }
        }
        return (failures[0], failures[1])
    }

    /// Sends all the bytes and reads them at the other end.
    nonisolated(nonsending) func carry(_ bytes: [UInt8], from sender: Stream, to receiver: Stream) async throws -> [UInt8] {
        var sent = 0
        var received: [UInt8] = []
        let buffer = Buffer(capacity: 65_536)
        while received.count < bytes.count {
            if sent < bytes.count { sent += try sender.write(bytes.span.extracting(sent..<min(bytes.count, sent + 65_536))) }
            _ = try sender.flush()
            switch try receiver.read(into: buffer) {
            case .bytes:
                received += buffer.drain()
            case .blocked: if sent == bytes.count { _ = await waiter.wait(timeout: nil) } else { await waiter.loop.yield() }
            case .end: return received
            }
        }
        return received
    }

    /// Waits until there is something to read, and reads once.
    nonisolated(nonsending) func next(_ stream: Stream, into buffer: Buffer) async throws(TransportError) -> ReadOutcome {
        while true {
            let read = try stream.read(into: buffer)
            if read != .blocked { return read }
            _ = await waiter.wait(timeout: nil)
        }
    }

    func close() {
        client.close()
        server.close()
        listener.close()
        waiter.retire()
    }
}

extension Buffer {
    /// Takes everything.
    func drain() -> [UInt8] {
        let all = withBytes { span in (0..<span.count).map { span[$0] } }
        clear()
        return all
    }
}

/// Bytes that show where they belong.
func pattern(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &* 7 &+ $0 >> 16) }
}
