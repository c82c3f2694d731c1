import TestSupport
import Testing

@Suite("Requests whose fields are those of one before")
struct RepeatedRequestTests {
    private static func fields(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
        [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "localhost")] + more
    }

    @Test("come to the upstream each with its own body, and those between them with their own fields")
    func alike() async throws {
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true")) { _ in
            let wire = try Wire(to: port.number)
            try wire.write(Frame.preface + Frame.settings())
            let count = 12
            for number in 0..<count {
                let stream = UInt32(2 * number + 1)
                // Two of three are the same; the third is as long as they are.
                let path = number % 3 == 2 ? "/b" : "/a"
                try wire.write(Frame.headers(Self.fields(path), Frame.endHeaders, stream: stream))
                try wire.write(Frame.data("body \(number)", stream: stream))
            }
            let seen = try await upstream.requests.first(count)
            let came = Set(seen.map { "\($0.target) \(String(decoding: $0.body, as: UTF8.self))" })
            #expect(came == Set((0..<count).map { "\($0 % 3 == 2 ? "/b" : "/a") body \($0)" }))
            wire.close()
        }
    }

    @Test("are judged by their bodies as if no other had been before")
    func bodies() async throws {
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true")) { _ in
            let outcomes = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write(Frame.preface + Frame.settings())
                let fields = Self.fields("/", [("content-length", "2")])
                var outcomes: [String] = []
                // Of the last the head ends the stream.
                for (number, body) in ["ab", "ab", "ab", "ab", "a", "ab", "abc", "ab", nil].enumerated() {
                    let stream = UInt32(2 * number + 1)
                    let flags = body == nil ? Frame.endHeaders | Frame.endStream : Frame.endHeaders
                    try wire.write(Frame.headers(fields, flags, stream: stream))
                    if let body { try wire.write(Frame.data(body, stream: stream)) }
                    outcomes.append(try Self.end(of: stream, on: wire))
                }
                return outcomes
            }
            #expect(outcomes == ["whole", "whole", "whole", "whole", "reset", "whole", "reset", "whole", "reset"])
        }
    }

    /// Reads up to the end of a stream.
    private static func end(of stream: UInt32, on wire: Wire) throws -> String {
        while true {
            let head = try wire.read(9)
            _ = try wire.read(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
            guard Array(head[5...]) == Frame.number(stream) else { continue }
            if head[3] == 3 { return "reset" }
            if head[3] < 2, head[4] & Frame.endStream != 0 { return "whole" }
        }
    }
}
