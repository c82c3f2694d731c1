import Foundation
import TestSupport
import Testing

/// Conditions and ranges over real sockets: RFC 9110 §13 and §14, row by row, on files and on stored answers of upstreams.
@Suite("Conditions and ranges, row by row")
struct ConditionalRowTests {
    /// Fields of the request, and what the answer is: its status, its `Content-Range`, its content. In the request TAG, GZIP and
    /// DATE stand for what the server has said of the file.
    private struct Row: CustomStringConvertible {
        let fields: [String]
        let status: Int
        let range: String?
        let content: String?

        init(_ fields: String, _ status: Int, _ range: String? = nil, _ content: String? = nil) {
            self.fields = fields.isEmpty ? [] : fields.components(separatedBy: " & ")
            self.status = status
            self.range = range
            self.content = content
        }

        var description: String { fields.joined(separator: " & ") }
    }

    private static let digits = "0123456789"
    private static let whole = ("bytes 0-9/10", digits)

    /// Of ten digits: one range, or none that can be read.
    private static let single: [Row] = [
        Row("", 200, nil, digits), Row("Range: bytes=0-0", 206, "bytes 0-0/10", "0"),
        Row("Range: bytes=0-", 206, whole.0, whole.1), Row("Range: bytes=9-", 206, "bytes 9-9/10", "9"),
        Row("Range: bytes=3-5", 206, "bytes 3-5/10", "345"), Row("Range: bytes=5-100", 206, "bytes 5-9/10", "56789"),
        Row("Range: bytes=-1", 206, "bytes 9-9/10", "9"), Row("Range: bytes=-10", 206, whole.0, whole.1),
        Row("Range: bytes=-11", 206, whole.0, whole.1), Row("Range: bytes=-99999999999999999999", 206, whole.0, whole.1),
        Row("Range: bytes=-0", 416, "bytes */10"), Row("Range: bytes=10-", 416, "bytes */10"),
        Row("Range: bytes=10-20", 416, "bytes */10"), Row("Range: bytes=99999999999999999999-", 416, "bytes */10"),
        Row("Range: bytes=0-99999999999999999999", 206, whole.0, whole.1), Row("Range: bytes=5-4", 200, nil, digits),
        Row("Range: bytes=a-b", 200, nil, digits), Row("Range: bytes=", 200, nil, digits), Row("Range: bytes", 200, nil, digits),
        Row("Range: bytes=-", 200, nil, digits), Row("Range: bytes=--1", 200, nil, digits),
        Row("Range: bytes=0--1", 200, nil, digits), Row("Range: bytes=+0-1", 200, nil, digits),
        Row("Range: bytes=0x0-1", 200, nil, digits), Row("Range: bytes=0 -1", 200, nil, digits),
        Row("Range: items=0-1", 200, nil, digits), Row("Range: byte=0-1", 200, nil, digits),
        Row("Range: BYTES=0-1", 206, "bytes 0-1/10", "01"), Row("Range: bytes=0-1,", 206, "bytes 0-1/10", "01"),
        Row("Range: bytes=,,0-1", 206, "bytes 0-1/10", "01"), Row("Range: bytes= 0-1", 206, "bytes 0-1/10", "01"),
        // Two lines are one list, whose second member is no range.
        Row("Range: bytes=0-1 & Range: bytes=3-4", 200, nil, digits),
    ]

    /// Several; the content is what the parts are, each behind its place.
    private static let several: [Row] = [
        Row("Range: bytes=0-0,2-2", 206, nil, "0-0:0 2-2:2"), Row("Range: bytes=0-0 , 2-2", 206, nil, "0-0:0 2-2:2"),
        Row("Range: bytes=2-2,0-0", 206, nil, "2-2:2 0-0:0"), Row("Range: bytes=-1,0-0", 206, nil, "9-9:9 0-0:0"),
        Row("Range: bytes=0-1,4-5,8-", 206, nil, "0-1:01 4-5:45 8-9:89"),
        Row("Range: bytes=0-1,4-5,20-", 206, nil, "0-1:01 4-5:45"),
        Row("Range: bytes=0-0 & Range: 2-2", 206, nil, "0-0:0 2-2:2"),
        // What overlaps, or follows at once, is one.
        Row("Range: bytes=0-1,1-2", 206, "bytes 0-2/10", "012"), Row("Range: bytes=0-1,2-3", 206, "bytes 0-3/10", "0123"),
        Row("Range: bytes=4-5,0-9", 206, whole.0, whole.1), Row("Range: bytes=0-,-1", 206, whole.0, whole.1),
        Row("Range: bytes=0-1,5-6,1-5", 206, "bytes 0-6/10", "0123456"), Row("Range: bytes=1-1,1-1", 206, "bytes 1-1/10", "1"),
        // One that cannot be satisfied is left out, as long as one can.
        Row("Range: bytes=0-0,20-30", 206, "bytes 0-0/10", "0"), Row("Range: bytes=20-30,-0", 416, "bytes */10"),
        Row("Range: bytes=0-0,x", 200, nil, digits), Row("Range: bytes=0-0,5-4", 200, nil, digits),
        Row("Range: bytes=\((0..<17).map { "\($0)-\($0)" }.joined(separator: ","))", 200, nil, digits),
    ]

    /// Conditions before ranges (§13.2.2), and `If-Range`.
    private static let guarded: [Row] = [
        Row("Range: bytes=0-1 & If-Range: TAG", 206, "bytes 0-1/10", "01"),
        Row("Range: bytes=0-1 & If-Range: W/TAG", 200, nil, digits),
        Row("Range: bytes=0-1 & If-Range: \"x\"", 200, nil, digits), Row("Range: bytes=0-1 & If-Range: *", 200, nil, digits),
        Row("Range: bytes=0-1 & If-Range: DATE", 206, "bytes 0-1/10", "01"),
        Row("Range: bytes=0-1 & If-Range: Sun, 06 Nov 1994 08:49:37 GMT", 200, nil, digits),
        Row("Range: bytes=0-1 & If-Range: now", 200, nil, digits), Row("If-Range: TAG", 200, nil, digits),
        Row("Range: bytes=10- & If-Range: TAG", 416, "bytes */10"), Row("Range: bytes=10- & If-Range: \"x\"", 200, nil, digits),
        Row("Range: bytes=0-1 & If-None-Match: TAG", 304), Row("Range: bytes=0-1 & If-None-Match: W/TAG", 304),
        Row("Range: bytes=0-1 & If-None-Match: *", 304), Row("Range: bytes=0-1 & If-Modified-Since: DATE", 304),
        Row("Range: bytes=0-1 & If-None-Match: \"x\"", 206, "bytes 0-1/10", "01"),
        Row("Range: bytes=0-1 & If-None-Match: \"x\" & If-Modified-Since: DATE", 206, "bytes 0-1/10", "01"),
        Row("Range: bytes=20- & If-None-Match: TAG", 304), Row("If-None-Match: TAG & If-Range: \"x\"", 304),
    ]

    /// Which only the origin may judge: of files it is the gateway.
    private static let ofOrigin: [Row] = [
        Row("If-Match: TAG", 200, nil, digits), Row("If-Match: *", 200, nil, digits), Row("If-Match: \"x\"", 412),
        Row("If-Match: W/TAG", 412), Row("Range: bytes=0-1 & If-Match: TAG", 206, "bytes 0-1/10", "01"),
        Row("Range: bytes=0-1 & If-Match: \"x\"", 412), Row("If-Match: TAG & If-None-Match: TAG", 304),
        Row("If-Match: \"x\" & If-None-Match: TAG", 412), Row("If-Unmodified-Since: DATE", 200, nil, digits),
        Row("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 412),
        Row("Range: bytes=0-1 & If-Unmodified-Since: DATE", 206, "bytes 0-1/10", "01"),
        Row("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT & If-None-Match: TAG", 412),
        Row("If-Match: TAG & If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT", 200, nil, digits),
    ]

    /// Of a page that is compressed on its way: ranges are of what has a known length.
    private static let encoded: [Row] = [
        Row("Accept-Encoding: gzip", 200), Row("Accept-Encoding: gzip & If-None-Match: GZIP", 304),
        Row("Accept-Encoding: gzip & If-None-Match: W/GZIP", 304), Row("Accept-Encoding: gzip & If-None-Match: TAG", 200),
        Row("If-None-Match: GZIP", 200), Row("If-None-Match: TAG", 304), Row("Accept-Encoding: gzip & If-Match: GZIP", 200),
        Row("Accept-Encoding: gzip & If-Match: TAG", 412),
        Row("Accept-Encoding: gzip & Range: bytes=0-1", 206, "bytes 0-1/5000", "aa"),
        Row("Accept-Encoding: gzip & Range: bytes=0-1 & If-Range: TAG", 206, "bytes 0-1/5000", "aa"),
        Row("Accept-Encoding: gzip & Range: bytes=0-1 & If-Range: GZIP", 200),
        Row("Accept-Encoding: gzip, identity;q=0 & Range: bytes=0-1", 200),
        Row("Accept-Encoding: gzip & Range: bytes=5000-", 416),
        Row("Accept-Encoding: gzip & If-Modified-Since: DATE", 304), Row("Accept-Encoding: gzip;q=0 & If-None-Match: TAG", 304),
    ]

    // MARK: -

    private func ask(
        _ port: FreePort, _ target: String, _ fields: [String] = [], method: String = "GET"
    ) async throws -> Message {
        try await onThread {
            let wire = try Wire(to: port.number)
            let lines = ["\(method) \(target) HTTP/1.1", "Host: localhost", "Connection: close"] + fields
            try wire.write(lines.joined(separator: "\r\n") + "\r\n\r\n")
            return try wire.readAnswer(toHead: method == "HEAD")
        }
    }

    private func check(_ rows: [Row], _ port: FreePort, _ target: String) async throws {
        let plain = try await ask(port, target)
        let gzip = try await ask(port, target, ["Accept-Encoding: gzip"])
        let (tag, date) = (try #require(plain.value("ETag")), try #require(plain.value("Last-Modified")))
        for row in rows {
            let fields = row.fields.map {
                $0.replacing("GZIP", with: gzip.value("ETag") ?? "").replacing("TAG", with: tag).replacing("DATE", with: date)
            }
            let answer = try await ask(port, target, fields)
            #expect(answer.status == row.status, "\(target) \(row): \(answer)")
            if let range = row.range { #expect(answer.values("Content-Range") == [range], "\(target) \(row): \(answer)") }
            if let content = row.content { #expect(Self.content(of: answer) == content, "\(target) \(row): \(answer)") }
            if row.status == 304 { checkNotModified(answer, "\(target) \(row)") }
            guard !fields.isEmpty else { continue }
            try await checkHead(answer, port, target, fields)
        }
    }

    /// RFC 9110 §15.4.5: what would have been sent of these with a 200, and no content nor what describes it.
    private func checkNotModified(_ answer: Message, _ row: String) {
        #expect(answer.body.isEmpty && answer.values("Content-Length") == [] && answer.values("Content-Type") == [], "\(row)")
        #expect(answer.values("Content-Encoding") == [] && answer.values("Content-Range") == [], "\(row)")
        for name in ["ETag", "Date", "Cache-Control"] { #expect(answer.values(name).count == 1, "\(row): \(name)") }
    }

    /// HEAD is judged as GET is, but for its range (§14.2).
    private func checkHead(_ answer: Message, _ port: FreePort, _ target: String, _ fields: [String]) async throws {
        let head = try await ask(port, target, fields, method: "HEAD")
        let isOfRange = [206, 416].contains(answer.status)
        #expect(head.status == (isOfRange ? 200 : answer.status), "HEAD \(target) \(fields): \(head)")
        #expect(head.body.isEmpty && head.values("Content-Range") == [])
        if answer.status == 304 { #expect(head.value("ETag") == answer.value("ETag")) }
    }

    /// The content; of several parts what they are, each behind its place.
    private static func content(of answer: Message) -> String {
        guard let type = answer.value("Content-Type"), let boundary = type.split(separator: "boundary=").last,
            type.hasPrefix("multipart/byteranges")
        else { return answer.text }
        let parts = answer.text.components(separatedBy: "--\(boundary)")
        guard parts.first == "", parts.last == "--\r\n" else { return "no multipart: \(answer.text)" }
        return parts.dropFirst().dropLast().map { part in
            let halves = part.components(separatedBy: "\r\n\r\n")
            let place = halves[0].split(separator: "Content-Range: bytes ").last?.prefix { $0 != "/" } ?? ""
            return "\(place):\(halves[1].trimmingCharacters(in: .newlines))"
        }.joined(separator: " ")
    }

    @Test("of files")
    func files() async throws {
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        try directory.write("digits.bin", Self.digits)
        try directory.write("empty.bin", "")
        try directory.write("page.html", String(repeating: "a", count: 5000))
        for name in ["digits.bin", "page.html"] {
            // A date is strong only when it is old enough (§8.8.2.2).
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)], ofItemAtPath: "\(directory.path)/\(name)")
        }
        let toml = "[[sites]]\nhostname = \"localhost\"\nport = \(port)\nstatic_dir = \"\(directory.path)\"\n"
        try await Gatehouse.serving(toml) { _ in
            for rows in [Self.single, Self.several, Self.guarded, Self.ofOrigin] { try await check(rows, port, "/digits.bin") }
            try await check(Self.encoded, port, "/page.html")
            // Of nothing there is no part.
            #expect(try await ask(port, "/empty.bin", ["Range: bytes=0-"]).status == 200)
            #expect(try await ask(port, "/empty.bin", ["Range: bytes=-1"]).status == 200)
        }
    }

    @Test("of stored answers of upstreams")
    func stored() async throws {
        let site = try CachedSite { request, _ in
            let fields = [
                "Cache-Control: max-age=1000", "ETag: \"a\"", "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT",
                "Content-Type: application/octet-stream",
            ]
            return CachedSite.answer(Self.digits, fields.joined(separator: "\r\n"), to: request)
        }
        try await Gatehouse.serving(site.toml) { _ in
            try await check(Self.single + Self.guarded, site.port, "/digits.bin")
            // Several parts are not worth their effort here: the whole is sent, as §14.2 allows.
            #expect(try await site.ask("/digits.bin", "Range: bytes=0-0,2-2").text == Self.digits)
            #expect(site.upstream.requests.all.count == 1)
        }
    }
}
