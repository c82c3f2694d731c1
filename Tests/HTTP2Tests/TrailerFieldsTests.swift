import HTTP
import HTTP2
import Testing

@Suite("A request's trailers")
struct TrailerFieldsTests {
    private static func read(_ fields: [(String, String)], limits: ChunkLimits = ChunkLimits()) -> TrailerFields {
        var read = TrailerFields(limits: limits)
        for (name, value) in fields { read.add(name: bytes(name).span, value: bytes(value).span) }
        return read
    }

    private static func lines(_ read: TrailerFields) -> [String] {
        read.fields.lines.map { text(read.fields.bytes[$0.name]) + ": " + text(read.fields.bytes[$0.value]) }
    }

    @Test("are kept in their order")
    func kept() {
        let read = Self.read([("x-sum", "1"), ("x-empty", ""), ("x-sum", "2")])
        #expect(Self.lines(read) == ["x-sum: 1", "x-empty: ", "x-sum: 2"])
        #expect(read.malformation == nil && !read.isTooLarge)
    }

    @Test(
        "RFC 9113 §8.1: a pseudo-field, a field of the connection, or a broken one makes the request malformed",
        arguments: [
            (":status", "200", "pseudo_field_unknown"), (":path", "/", "pseudo_field_unknown"), ("A", "b", "http2_field_name"),
            ("", "b", "http2_field_name"), ("a", "b\n", "http2_field_value"), ("connection", "close", "http2_connection_field"),
            ("transfer-encoding", "chunked", "http2_connection_field"),
        ])
    func malformed(name: String, value: String, rule: String) {
        let read = Self.read([("x", "y"), (name, value), ("z", "z")])
        #expect(read.malformation?.rawValue == rule)
        #expect(Self.lines(read) == ["x: y"])
    }

    @Test("what is over the limits is dropped")
    func excess() {
        var limits = ChunkLimits()
        limits.maxTrailerBytes = 100
        limits.maxTrailerFields = 3
        #expect(!Self.read([("a", String(repeating: "v", count: 95))], limits: limits).isTooLarge)
        let long = Self.read([("a", String(repeating: "v", count: 96)), ("b", "c")], limits: limits)
        #expect(long.isTooLarge && Self.lines(long) == [])
        #expect(!Self.read(.init(repeating: ("a", "b"), count: 3), limits: limits).isTooLarge)
        let many = Self.read(.init(repeating: ("a", "b"), count: 4), limits: limits)
        #expect(many.isTooLarge && Self.lines(many).count == 3)
    }
}
