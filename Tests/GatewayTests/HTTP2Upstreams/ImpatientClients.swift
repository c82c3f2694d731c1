import TestSupport
import Testing

/// Clients that leave without an answer, one after the other, and a server in HTTP/2 that gives none on its first connection.
enum ImpatientClients {
    /// Lets them come until one is asked for over another connection; fails if that does not happen.
    /// - Parameter sent: what the server sends on its first connection when a client has left: how many have left before, and the
    ///   client's stream.
    static func come(_ sent: @escaping @Sendable (_ before: Int, _ stream: UInt32) -> [UInt8] = { _, _ in [] }) async throws {
        let (asked, left) = (Journal<Int>("connections with requests"), Journal<Int>("connections with given up requests"))
        let upstream = try Upstream { upstream, wire in
            let number = upstream.connections.all.count
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            var before = 0
            while true {
                let frame = try connection.next()
                if frame.type == 3 {
                    let bytes = number == 1 ? sent(before, frame.stream) : []
                    if !bytes.isEmpty { try connection.write(bytes) }
                    before += 1
                    left.append(number)
                }
                guard frame.type == 1 else { continue }
                asked.append(number)
                guard number > 1 else { continue }
                try connection.write(ScriptedConnection.ok([], Frame.endHeaders | Frame.endStream, stream: frame.stream))
            }
        }
        let port = try FreePort()
        let toml = Sites.before(
            upstream, port, upstreamKeys: "ping_interval = 1\nping_timeout = 1\n", top: "[performance]\nworker_threads = 1\n")
        try await Gatehouse.serving(toml) { _ in
            let end = ContinuousClock.now + .seconds(Place.patience)
            for number in 1... {
                let wire = try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return wire
                }
                // Each has left before the next one comes.
                if try await asked.first(number)[number - 1] > 1 { break }
                wire.reset()
                _ = try await left.first(number)
                try #require(ContinuousClock.now < end, "the first connection is still used")
            }
        }
    }
}
