import HTTP
import HTTP2
import Testing

@testable import HTTP

@Suite("A request's field section, as it goes to upstreams")
struct RequestEncodingTests {
    /// As our decoder reads it: "name: value", the place of the name in the static table before it.
    private static func decoded(
        _ method: String, _ authority: String, _ path: String, _ lines: String, isHTTPS: Bool = true, opensWebSocket: Bool = false
    ) throws -> [String] {
        var all: [UInt8] = []
        func added(_ text: String) -> Range<Int> {
            let start = all.count
            all += bytes(text)
            return start..<all.count
        }
        let parts = RequestParts(method: added(method), authority: added(authority), path: added(path), lines: added(lines))
        let section = written {
            FieldEncoder.appendRequest(all.span, parts, isHTTPS: isHTTPS, opensWebSocket: opensWebSocket, to: &$0)
        }
        var fields: [String] = []
        try FieldDecoder().decode(section.span, isLast: true) { name, value, place in
            fields.append("\(place) \(string(name)): \(string(value))")
        }
        return fields
    }

    private static func string(_ span: Span<UInt8>) -> String {
        var out: [UInt8] = []
        out.append(span)
        return text(out)
    }

    @Test("pseudo-fields come first, and by the table where it has them")
    func pseudo() throws {
        #expect(
            try Self.decoded("GET", "a.example", "/", "") == [
                "2 :method: GET", "7 :scheme: https", "1 :authority: a.example", "4 :path: /",
            ])
        #expect(
            try Self.decoded("POST", "b:81", "/x?y", "", isHTTPS: false)
                == ["3 :method: POST", "6 :scheme: http", "1 :authority: b:81", "4 :path: /x?y"])
        #expect(try Self.decoded("DELETE", "b", "*", "").first == "2 :method: DELETE")
    }

    @Test("an extended CONNECT names its protocol")
    func webSocket() throws {
        #expect(
            try Self.decoded("GET", "a", "/ws", "Sec-WebSocket-Version: 13\r\n", opensWebSocket: true) == [
                "2 :method: CONNECT", "7 :scheme: https", "1 :authority: a", "4 :path: /ws", "0 :protocol: websocket",
                "0 sec-websocket-version: 13",
            ])
    }

    /// RFC 7541, Appendix A, from 15 on, but what requests do not have or may not say.
    private static let names = [
        15: "accept-charset", 16: "accept-encoding", 17: "accept-language", 19: "accept", 23: "authorization",
        24: "cache-control",
        26: "content-encoding", 27: "content-language", 28: "content-length", 30: "content-range", 31: "content-type",
        32: "cookie",
        33: "date", 35: "expect", 37: "from", 39: "if-match", 40: "if-modified-since", 41: "if-none-match", 42: "if-range",
        43: "if-unmodified-since", 47: "max-forwards", 50: "range", 51: "referer", 58: "user-agent", 60: "via",
    ]

    @Test("each name goes by its place, in whatever case it came", arguments: names.map { ($0.key, $0.value) })
    func known(_ place: Int, _ name: String) throws {
        for spelling in [name, name.uppercased()] {
            #expect(try Self.decoded("GET", "a", "/", "\(spelling): x y\r\n").last == "\(place) \(name): x y")
        }
    }

    @Test("names of the same lengths that are others go by their letters")
    func unknown() throws {
        for length in 1...24 {
            for letter in ["a", "c", "d", "e", "i", "u", "x"] {
                let name = String(repeating: letter, count: length)
                #expect(try Self.decoded("GET", "a", "/", "\(name): v\r\n").last == "0 \(name): v")
            }
        }
    }

    /// RFC 7541 §6.2.3.
    @Test("what is secret is never to be put into a table")
    func neverIndexed() throws {
        var all = bytes("GETa/authorization: x\r\n")
        all += bytes("cookie: y\r\n")
        let parts = RequestParts(method: 0..<3, authority: 3..<4, path: 4..<5, lines: 5..<all.count)
        let section = written { FieldEncoder.appendRequest(all.span, parts, isHTTPS: true, to: &$0) }
        #expect(hexadecimal(Array(section.suffix(8))) == "1f0801781f110179")
    }
}
