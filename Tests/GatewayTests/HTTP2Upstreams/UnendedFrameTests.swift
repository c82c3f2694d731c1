import TestSupport
import Testing

@Suite("Servers in HTTP/2 whose frames do not end")
struct UnendedFrameTests {
    /// Clients that leave between two bytes of the frame, so that it is far from its end when the test is over.
    private static let clientsPerByte = 10
    /// The first bytes of a frame of 16,384, which no other may follow before it ends.
    private static func beginning(_ type: UInt8, stream: UInt32) -> [UInt8] {
        [0, 0x40, 0, type, Frame.endHeaders] + Frame.number(stream)
    }

    @Test("a byte of one now and then keeps no connection in use on which no answer can come", arguments: [0, 1] as [UInt8])
    func drip(type: UInt8) async throws {
        let (asked, left) = (Journal<Int>("connections with requests"), Journal<Int>("connections with given up requests"))
        let upstream = try Upstream { upstream, wire in
            let number = upstream.connections.all.count
            let connection = try ScriptedConnection(wire)
            try connection.write(Frame.settings())
            var givenUp = 0
            while true {
                let frame = try connection.next()
                if number == 1, frame.type == 3 {
                    if givenUp % Self.clientsPerByte == 0 {
                        try connection.write(givenUp == 0 ? Self.beginning(type, stream: frame.stream) : [0])
                    }
                    givenUp += 1
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
                try #require(ContinuousClock.now < end, "the connection is still used")
            }
        }
    }
}
