import TestSupport
import Testing

@Suite("Clients that leave, break off or send garbage")
struct ClientBehaviourTests {
    @Test("a client that leaves frees its upstream at once", arguments: [false, true], [false, true])
    func leaves(isTLS: Bool, isAnswered: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            if isAnswered { try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst\n") }
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        // Over TLS a FIN is no half of a close; HalfCloseTests ask what is otherwise without.
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: isTLS ? certificates.ssl() : "",
            top: "[limits]\nhandshake_timeout = 600\nhalf_close_grace = \(isTLS ? 600 : 0)\n")
        try await Gatehouse.serving(toml) { gatehouse in
            let client = try ChildProcess(
                "curl", ["-sSN", "--cacert", certificates.authority, "http\(isTLS ? "s" : "")://localhost:\(port)/left"])
            _ = try await upstream.requests.first(1)
            if isAnswered { _ = try await client.output.first { $0 == "first" } }
            client.kill()
            // The upstream sees the end of its connection: nothing else ends its script.
            _ = try await upstream.closures.first(1)
            let entry = try await gatehouse.access("/left")
            #expect(entry["reason"] == "client_left" && entry["blame"] == "client", "\(entry)")
            #expect(entry["status"] == (isAnswered ? "200" : "499"), "\(entry)")
        }
    }

    @Test("a client that leaves in the middle of its request never makes it look complete", arguments: [true, false])
    func leavesWithinBody(isChunked: Bool) async throws {
        let seen = Journal<Bool>("whether the upstream saw a whole request")
        let upstream = try Upstream { upstream, wire in
            let head = try wire.head()
            upstream.requests.append(head)
            var request = head
            seen.append((try? wire.readBody(of: &request)) != nil)
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            let wire = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(
                    "POST /cut HTTP/1.1\r\nHost: a\r\n"
                        + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" : "Content-Length: 100\r\n\r\nhello"))
                return wire
            }
            _ = try await upstream.requests.first(1)
            wire.close()
            #expect(try await seen.first(1) == [false])
            let entry = try await gatehouse.access("/cut")
            #expect(entry["reason"] == "client_left", "\(entry)")
        }
    }

    @Test("a client that reads slowly holds its upstream back: nothing is buffered whole")
    func backPressure() async throws {
        let size = 200_000_000
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let piece = [UInt8](repeating: 7, count: 1_000_000)
            for number in 0..<200 {
                try wire.write(piece)
                upstream.connections.append(number)
            }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try wire.readHead()
                var left = size
                while left > 0 {
                    _ = try wire.read(min(left, 4_000_000))
                    left -= min(left, 4_000_000)
                }
            }
            if !Place.isSanitized { #expect(gatehouse.peakMemory < 64 << 20) }
        }
    }

    /// Bytes that are no request, each sent over a connection of its own.
    static let garbage: [[UInt8]] =
        [
            [], [0], Array(repeating: 0xFF, count: 10_000), Array("\r\n\r\n\r\n".utf8), Array("GET".utf8), Array("\n".utf8),
            Array("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n".utf8),
            Array("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n".utf8),
            [0x16, 0x03, 0x01, 0xFF, 0xFF], [0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x00],
            [0x80, 0x2E, 0x01, 0x00, 0x02], [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28], [0x17, 0x03, 0x03, 0x40, 0x00],
            Array(String(repeating: "A", count: 100_000).utf8),
        ]
        + (0..<40).map { seed in
            var state = UInt32(seed) &* 2_654_435_761 &+ 1
            return (0..<(seed * 37 + 1)).map { _ in
                state ^= state << 13
                state ^= state >> 17
                state ^= state << 5
                return UInt8(truncatingIfNeeded: state)
            }
        }

    @Test("garbage and broken connections end nothing, leak nothing and leave the process idle", arguments: [false, true])
    func garbage(isTLS: Bool) async throws {
        let certificates = try await Certificates.ready()
        // It closes each connection: a worker's idle ones would count as descriptors.
        let upstream = try Upstream.answering { _ in "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nwell" }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: isTLS ? certificates.ssl() : "",
            top: "[limits]\nlingering_timeout = \"500ms\"\nhead_timeout = \"500ms\"\nhandshake_timeout = 5")
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            let url = "http\(isTLS ? "s" : "")://localhost:\(port)/well"
            let first = try await Command.curl(["--cacert", certificates.authority, url])
            #expect(first.text == "well", "\(first)")
            let before = try await gatehouse.settledDescriptors(atMost: .max)
            for round in 0..<3 {
                try await onThread {
                    for bytes in Self.garbage {
                        let wire = try Wire(to: port.number)
                        try? wire.write(bytes)
                        switch round {
                        case 0: wire.close()
                        case 1: wire.reset()
                        default:
                            wire.finishWriting()
                            _ = try? wire.readToEnd()
                        }
                    }
                }
            }
            let after = try await Command.curl(["--cacert", certificates.authority, url])
            #expect(after.text == "well", "\(after)")
            // A sanitizer that looks a name up starts a program of its own, behind two pipes.
            _ = try await gatehouse.settledDescriptors(atMost: before + (Place.isSanitized ? 2 : 0))
            try await gatehouse.expectIdle()
        }
    }

    @Test("a storm of exchanges that clients abort leaks no descriptor")
    func storm() async throws {
        let upstream = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            try wire.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while true { try wire.write("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") }
        }
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"), workers: 2) { gatehouse in
            let before = gatehouse.descriptorCount
            try await onThread {
                for number in 0..<200 {
                    let wire = try Wire(to: port.number)
                    try wire.write("GET /\(number) HTTP/1.1\r\nHost: a\r\n\r\n")
                    if number % 2 == 0 { _ = try wire.read(2000) }
                    wire.reset()
                }
            }
            _ = try await gatehouse.access("/198")
            _ = try await gatehouse.settledDescriptors(atMost: before)
            try await gatehouse.expectIdle()
        }
    }
}
