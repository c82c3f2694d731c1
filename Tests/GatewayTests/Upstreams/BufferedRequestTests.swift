import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Requests that are stored before they are sent")
struct BufferedRequestTests {
    /// Text of so many bytes, in which no two places look alike.
    private static func text(_ count: Int) -> String {
        String((0..<(count / 8 + 1)).map { String($0 + 10_000_000) }.joined().prefix(count))
    }

    private static func chunked(_ text: String, in pieces: Int) -> String {
        let size = max(1, text.utf8.count / pieces)
        var rest = Substring(text)
        var chunks = ""
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            chunks += "\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n"
            rest = rest.dropFirst(size)
        }
        return chunks + "0\r\nX-Trailer: dropped\r\n\r\n"
    }

    private static func toml(
        _ port: FreePort, _ upstream: any CustomStringConvertible, limits: String = "", site: String = "buffer_requests = true",
        route: String = "", proxy: String = ""
    ) -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", site: site, route: route, proxy: proxy,
            top: limits.isEmpty ? "" : "[limits]\nhead_timeout = 600\nbody_timeout = 600\nmin_body_rate = 0\n\(limits)\n")
    }

    @Test("a chunked body goes on with its length, from memory and from disk", arguments: [0, 1, 4096, 4097, 100_000, 3_000_000])
    func lengths(count: Int) async throws {
        let upstream = try Upstream.saying("got it")
        let port = try FreePort()
        let body = Self.text(count)
        try await Gatehouse.serving(Self.toml(port, upstream, limits: "buffer_memory = 4096")) { _ in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + Self.chunked(body, in: 7))
                return try wire.readAnswer()
            }
            #expect(answer.status == 200)
            let request = try #require(upstream.requests.all.first)
            #expect(request.values("Content-Length") == ["\(count)"])
            #expect(request.value("Transfer-Encoding") == nil && request.value("X-Trailer") == nil)
            #expect(request.text == body)
        }
    }

    @Test("the upstream is not asked before the body is whole")
    func whole() async throws {
        let upstream = try Upstream.saying("got it")
        let port = try FreePort()
        try await Gatehouse.serving(Self.toml(port, upstream)) { _ in
            try await onThread {
                let slow = try Wire(to: port.number)
                try slow.write("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
                // Another one overtakes it.
                let quick = try Wire(to: port.number)
                try quick.write("POST /quick HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
                #expect(try quick.readAnswer().status == 200)
                #expect(upstream.requests.all.map(\.target) == ["/quick"])
                #expect(upstream.connections.all.count == 1)
                try slow.write("67890")
                #expect(try slow.readAnswer().status == 200)
            }
            #expect(upstream.requests.all.map(\.text) == ["ab", "1234567890"])
        }
    }

    @Test("whoever waits for 100 Continue gets it from the gateway, and the upstream is not asked to say it")
    func continued() async throws {
        let upstream = try Upstream.saying("got it")
        let port = try FreePort()
        try await Gatehouse.serving(Self.toml(port, upstream)) { _ in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                #expect(try wire.head().status == 100)
                #expect(upstream.connections.all.isEmpty)
                try wire.write("ab")
                #expect(try wire.readAnswer().status == 200)
            }
            #expect(upstream.requests.all.first?.value("Expect") == nil)
        }
    }

    @Test("HTTP/2 uploads without a length get one", arguments: [100, 400_000])
    func http2(count: Int) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("got it")
        let (port, directory) = (try FreePort(), try TemporaryDirectory())
        let body = Self.text(count)
        let file = try directory.write("body", body)
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), route: "buffer_requests = true")
        try await Gatehouse.serving(toml) { _ in
            let answer = try await Command.curl2(
                certificates,
                ["https://localhost:\(port)/x", "-X", "POST", "-T", file, "-H", "Transfer-Encoding: chunked"])
            #expect(answer.text == "got it", "\(answer)")
            let request = try #require(upstream.requests.all.first)
            #expect(request.value("Content-Length") == "\(count)" && request.text == body)
        }
    }

    @Test("a long body is sent again, beyond replay_limit, when the first server fails")
    func retried() async throws {
        let broken = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
        }
        let upstream = try Upstream.saying("got it")
        let port = try FreePort()
        let body = Self.text(300_000)
        let proxy =
            "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\(upstream)\"\n"
            + "[sites.proxy.retry]\nreplay_limit = 0\n"
        try await Gatehouse.serving(Self.toml(port, broken, limits: "buffer_memory = 4096", proxy: proxy)) { _ in
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
                return try wire.readAnswer()
            }
            #expect(answer.text == "got it")
            #expect(broken.requests.all.map(\.text) == [body] && upstream.requests.all.map(\.text) == [body])
        }
    }

    /// Where nothing can be stored: the limits, the status, and what the log says.
    private static let full = [
        ("buffer_disk = 8192", 503, "request_storage_full", "limits.buffer_disk"),
        ("buffer_dir = \"/nowhere\"", 503, "request_storage_failed", "limits.buffer_dir"),
    ]

    @Test("no room on disk, or no disk: an answer with its reason, and others go on", arguments: full)
    func noRoom(limits: String, status: Int, reason: String, key: String) async throws {
        try await refused(limits, status, reason, key)
    }

    @Test("a full disk is 507", .enabled(if: canMount))
    func fullDisk() async throws {
        let directory = try TemporaryDirectory()
        try #require(unsafe mount("tmpfs", directory.path, "tmpfs", 0, "size=16k") == 0)
        defer { _ = unsafe umount2(directory.path, Int32(MNT_DETACH)) }
        try await refused("buffer_dir = \"\(directory.path)\"", 507, "request_storage_full", "limits.buffer_dir")
    }

    private static let canMount: Bool = {
        guard getuid() == 0, let place = try? TemporaryDirectory() else { return false }
        defer { _ = unsafe umount2(place.path, Int32(MNT_DETACH)) }
        return unsafe mount("tmpfs", place.path, "tmpfs", 0, "size=4k") == 0
    }()

    private func refused(_ limits: String, _ status: Int, _ reason: String, _ key: String) async throws {
        let upstream = try Upstream.saying("got it")
        let port = try FreePort()
        let toml = Self.toml(port, upstream, limits: "buffer_memory = 4096\n\(limits)")
        try await Gatehouse.serving(toml) { gatehouse in
            // Room that was taken is given back: the second fails as the first did.
            for target in ["/first", "/second"] {
                let answer = try await onThread {
                    let wire = try Wire(to: port.number)
                    try wire.write("POST \(target) HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n\r\n" + Self.text(60_000))
                    return try wire.readAnswer()
                }
                #expect(answer.status == status, "\(answer)")
                #expect(answer.value("Proxy-Status")?.contains("details=\"\(reason)\"") == true, "\(answer)")
                let entry = try await gatehouse.access(target)
                #expect(entry["reason"] == reason && entry["key"] == key)
            }
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /short HTTP/1.1\r\nHost: a\r\nContent-Length: 4096\r\n\r\n" + Self.text(4096))
                return try wire.readAnswer()
            }
            #expect(answer.status == 200)
            #expect(upstream.requests.all.map(\.target) == ["/short"])
        }
    }

    @Test("a client that stops in the middle is given up, and one that leaves is forgotten")
    func stopped() async throws {
        let upstream = try Upstream.saying("got it")
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", site: "buffer_requests = true", top: "[limits]\nbody_timeout = 0.3\n")
        try await Gatehouse.serving(toml) { gatehouse in
            try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("POST /stops HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
                #expect(try wire.readAnswer().status == 408)
                let other = try Wire(to: port.number)
                try other.write("POST /leaves HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345")
                other.close()
            }
            #expect(try await gatehouse.access("/leaves")["reason"] == "client_left")
            #expect(upstream.connections.all.isEmpty)
        }
    }

    @Test("with the trailers of requests it cannot be")
    func trailers() async throws {
        let directory = try TemporaryDirectory()
        let toml = Sites.proxy(try FreePort(), to: "http://127.0.0.1:1", route: "buffer_requests = true\nrequest_trailers = true")
        let check = try await Command.run(Place.gatehouse, ["check", try directory.write("f.toml", toml)])
        #expect(check.code == 1 && check.errors.contains("routes[0].request_trailers: does nothing with buffer_requests"))
    }
}
