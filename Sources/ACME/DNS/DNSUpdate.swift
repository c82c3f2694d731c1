import Buffers
import EventLoop
package import Transport

/// A DNS server that takes records which prove names (RFC 2136), over TCP.
package struct DNSUpdate: Hashable, Sendable {
    /// What both sides know (RFC 8945).
    package struct Key: Hashable, Sendable {
        static let algorithm = "hmac-sha256"
        package var name: String
        package var secret: [UInt8]

        package init(name: String, secret: [UInt8]) {
            self.name = name
            self.secret = secret
        }

        /// - Returns: nil if the text is no base64 (RFC 4648 §4).
        package init?(name: String, base64: String) {
            let text = base64.filter { $0 != "=" }.replacing("+", with: "-").replacing("/", with: "_")
            guard let secret = Base64URL.bytes(text), !secret.isEmpty else { return nil }
            self.init(name: name, secret: secret)
        }
    }

    package var server: SocketAddress
    /// The name of the zone that the records belong to.
    package var zone: String
    package var key: Key
    /// Nanoseconds until the zone's other servers have a record, too.
    package var wait: UInt64

    private static let timeout: UInt64 = 20_000_000_000
    /// A message over TCP has a length of two bytes before it (RFC 1035 §4.2.2).
    private static let maxMessage = 65_535

    package init(server: SocketAddress, zone: String, key: Key, wait: UInt64) {
        self.server = server
        self.zone = zone
        self.key = key
        self.wait = wait
    }

    /// Puts a record in, or takes it out, and waits until the server has said that it is so.
    /// - Parameter now: seconds since 1970.
    /// - Throws: `.hook`, with the server's words.
    nonisolated(nonsending) func make(
        _ change: DNSUpdateMessage.Change, _ name: String, _ value: String, now: Int64, on waiter: Waiter, givesUp: () -> Bool
    ) async throws(ACMEError) {
        let message = try DNSUpdateMessage(
            change, name, value, zone: zone, key: key, now: now, identifier: .random(in: 0 ... .max))
        let answer: [UInt8]
        do throws(TransportError) {
            answer = try await exchange(message.bytes, waiter, givesUp)
        } catch {
            throw .hook("\(server): \(error)")
        }
        try message.take(answer, now: now)
        guard change == .add, wait > 0 else { return }
        let due = waiter.loop.now &+ wait
        while waiter.loop.now < due, !givesUp() { _ = await waiter.wait(timeout: due - waiter.loop.now) }
    }

    private nonisolated(nonsending) func exchange(
        _ message: [UInt8], _ waiter: Waiter, _ givesUp: () -> Bool
    ) async throws(TransportError) -> [UInt8] {
        let deadline = waiter.loop.now &+ Self.timeout
        let stream = try await Stream.connect(
            toAnyOf: [server], tls: nil, waiter: waiter, connectTimeout: Self.timeout, handshakeTimeout: Self.timeout,
            givesUp: givesUp)
        defer { stream.close() }
        let buffer = Buffer(capacity: Self.maxMessage + 2)
        buffer.append([UInt8(message.count >> 8), UInt8(message.count & 255)].span)
        buffer.append(message.span)
        while !buffer.isEmpty {
            if try stream.write(buffer) == 0 { try await wait(stream, reading: false, deadline, waiter, givesUp) }
        }
        buffer.clear()
        while true {
            var length = 0
            buffer.withBytes { bytes in
                if bytes.count >= 2 { length = Int(bytes[0]) << 8 | Int(bytes[1]) }
            }
            if buffer.count >= 2, buffer.count >= length + 2 {
                return buffer.withBytes { bytes in (2..<length + 2).map { bytes[$0] } }
            }
            switch try stream.read(into: buffer) {
            case .bytes: continue
            case .end: throw .unresolved("the server closed the connection")
            case .blocked: try await wait(stream, reading: true, deadline, waiter, givesUp)
            }
        }
    }

    private nonisolated(nonsending) func wait(
        _ stream: Stream, reading: Bool, _ deadline: UInt64, _ waiter: Waiter, _ givesUp: () -> Bool
    ) async throws(TransportError) {
        let now = waiter.loop.now
        guard now < deadline, !givesUp() else { throw .timedOut }
        stream.watch(reading: reading, writing: !reading)
        let wake = await waiter.wait(timeout: deadline - now)
        stream.watch(reading: false, writing: false)
        if wake == .deadline { throw .timedOut }
    }
}
