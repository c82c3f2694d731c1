import TestSupport
import Testing

@Suite("nghttp, whose decoder holds us to the letter")
struct NghttpTests {
    @Test("a client that keeps no header table, or a small one, reads every answer", arguments: [0, 1, 1024, 4095, 4096, 65_536])
    func tables(size: Int) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("hello")
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let url = "https://localhost:\(port)/"
            let outcome = try await Command.run("nghttp", ["-nv", "--header-table-size=\(size)", url + "one", url + "two"])
            #expect(outcome.code == 0, "\(outcome)")
            #expect(outcome.text.matches(of: /:status: 200/).count == 2, "\(outcome)")
        }
    }

    @Test("trailers go to a client that says that it reads them, and to no other", arguments: [true, false])
    func trailers(isAskedFor: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5d41\r\n\r\n"
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        try await Gatehouse.serving(toml) { _ in
            let ask = isAskedFor ? ["-H", "te: trailers"] : []
            let outcome = try await Command.run("nghttp", ["-nv"] + ask + ["https://localhost:\(port)/"])
            #expect(outcome.code == 0 && outcome.text.contains(":status: 200"), "\(outcome)")
            #expect(outcome.text.contains("x-sum: 5d41") == isAskedFor, "\(outcome)")
        }
    }

    @Test(
        "trailers that frame a message or belong to its connection stay behind, and the stream ends well",
        arguments: ["Content-Length: 0", "Transfer-Encoding: chunked", "Connection: close", "Set-Cookie: a=b"], [true, false])
    func strangeTrailers(field: String, isAlone: Bool) async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
                + (isAlone ? "" : "X-Sum: 5d41\r\n") + "\(field)\r\n\r\n"
        }
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "h2c = true")
        try await Gatehouse.serving(toml) { _ in
            let outcome = try await Command.run("nghttp", ["-v", "-H", "te: trailers", "http://localhost:\(port)/"])
            #expect(outcome.code == 0 && outcome.text.contains("hello"), "\(outcome)")
            #expect(!outcome.text.contains("RST_STREAM"), "\(outcome)")
            #expect(outcome.text.contains("x-sum: 5d41") != isAlone, "\(outcome)")
            let name = field.prefix { $0 != ":" }.lowercased()
            #expect(!outcome.text.contains(") \(name): "), "\(outcome)")
        }
    }
}
