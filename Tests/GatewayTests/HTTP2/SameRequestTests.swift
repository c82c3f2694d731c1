import Foundation
import TestSupport
import Testing

@Suite("The same requests over HTTP/1.1 and HTTP/2")
struct SameRequestTests {
    private static let python = Place.root + ".build-venv/bin/python"

    /// What an upstream has seen, so that it is the same of both versions: the lines in the order of their names, those of one
    /// name in theirs, and no more of how the body came than that it did.
    private static func seen(_ request: Message) -> String {
        let lines = request.lines.dropFirst().map { $0.replacing("Via: 2.0 ", with: "Via: 1.1 ") }
        let named = lines.map { line in (line.prefix { $0 != ":" }.lowercased(), line.drop { $0 != ":" }) }
        let sorted = named.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element)
        let fields = sorted.filter { $0.0 != "x-row" }.map { $0.0 + $0.1 }
        return "\(request.start)|" + fields.joined(separator: "|") + "| \(request.text.hashValue) \(request.trailers)"
    }

    @Test("come to the upstream alike, and so do its answers to the client; refusals are the same")
    func same() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.answering { request in
            guard request.value("TE") == "trailers", request.method != "HEAD" else { return Self.answer(to: request) }
            return
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Up: 1\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 5d41\r\nX-Two: \r\n\r\n"
        }
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl(), route: "request_trailers = true",
            top: "[security]\nmax_request_size = 100000\n")
        // Each says which it is.
        let requests = SameRequest.all.enumerated().map { index, request in
            var request = request
            request.fields.append(["x-row", "\(index)"])
            return request
        }
        try await Gatehouse.serving(toml) { _ in
            let directory = try TemporaryDirectory()
            let file = try directory.write("requests", String(decoding: try JSONEncoder().encode(requests), as: UTF8.self))
            let outcome = try await Command.run(Self.python, [Place.peer("same_requests.py"), "\(port)", file])
            try #require(outcome.code == 0, "\(outcome)")
            let lines = outcome.text.split(separator: "\n")
            try #require(lines.count == 2 * requests.count)
            let seen = Dictionary(grouping: upstream.requests.all) { Int($0.value("x-row") ?? "") ?? -1 }
            for (index, request) in requests.enumerated() {
                let what =
                    "\(request.method) \(request.path.prefix(40)) \(request.fields.prefix(3)) \(request.body?.first?.count ?? -1)"
                let (older, newer) = (lines[2 * index], lines[2 * index + 1])
                let came = (seen[index] ?? []).map(Self.seen)
                if let answer = request.http2 {
                    #expect(older.hasPrefix("400 ") || older.hasPrefix("501 "), "\(what): \(older)")
                    #expect(newer == answer, "\(what)")
                    #expect(came == [], "\(what)")
                } else {
                    #expect(newer == older, "\(what)")
                    #expect(came.count == (came.isEmpty ? 0 : 2) && Set(came).count < 2, "\(what)")
                    #expect(came.isEmpty != older.hasPrefix("200 ") || request.path == "/r", "\(what): \(older)")
                }
            }
            #expect(seen.count > 120, "most come through")
        }
    }

    private static func answer(to request: Message) -> String {
        let text = "hello"
        let head =
            "HTTP/1.1 200 Fine\r\nX-Up: 1\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: \(text.utf8.count)\r\n\r\n"
        return head + (request.method == "HEAD" ? "" : text)
    }
}
