/// What a server sends once a request has come on stream 1, and what must come of it.
struct ServerRow: Sendable {
    enum Outcome: Sendable, Equatable {
        /// The answer's body.
        case answer(String)
        /// 502 and the reason.
        case refused(String)
        /// 502, or a visible cut if what is wrong came late enough for the answer to have begun.
        case broken
    }

    let name: String
    let frames: [[UInt8]]
    let outcome: Outcome
    /// What the server is told; empty: nothing in particular.
    let told: String
    /// Before all frames; nil: not even SETTINGS.
    let settings: [UInt8]?

    init(
        _ name: String, _ frames: [[UInt8]], _ outcome: Outcome, told: String = "", settings: [UInt8]? = Frame.settings()
    ) {
        self.name = name
        self.frames = frames
        self.outcome = outcome
        self.told = told
        self.settings = settings
    }

    private static let ok = ScriptedConnection.ok
    private static let end = Frame.endHeaders | Frame.endStream
    private static let closedEarly = Outcome.refused("upstream_closed_early")

    private static func head(_ fields: [(String, String)]) -> [UInt8] { Frame.headers(fields, end) }

    static let all = whole + heads + bodies + frames + flow + ends

    private static let whole: [ServerRow] = [
        ServerRow("an answer", [ok([], Frame.endHeaders, 1), Frame.data("hello")], .answer("hello")),
        ServerRow("with a length", [ok([("content-length", "5")], Frame.endHeaders, 1), Frame.data("hello")], .answer("hello")),
        ServerRow("without DATA", [ok([], end, 1)], .answer("")),
        ServerRow("with an end of its own", [ok([], Frame.endHeaders, 1), Frame.data("hi", 0), Frame.data("")], .answer("hi")),
        ServerRow(
            "after interim heads",
            [
                Frame.headers([(":status", "103"), ("link", "</a>")], Frame.endHeaders), ok([], Frame.endHeaders, 1),
                Frame.data("a"),
            ],
            .answer("a")),
        ServerRow(
            "with trailers", [ok([], Frame.endHeaders, 1), Frame.data("a", 0), Frame.headers([("x-sum", "1")])], .answer("a")),
        ServerRow(
            "in pieces",
            [
                Frame.make(1, 0, 1, Frame.block([(":status", "200")])), Frame.make(9, 0, 1, Frame.block([("a", "b")])),
                Frame.make(9, Frame.endHeaders, 1, Frame.block([("c", "d")])), Frame.data("a"),
            ], .answer("a")),
        ServerRow(
            "with padding",
            [
                ok([], Frame.endHeaders, 1), Frame.make(0, Frame.padded | Frame.endStream, 1, [3, 0x61, 0, 0, 0]),
            ], .answer("a")),
        ServerRow(
            "with frames nobody knows", [Frame.make(0xFE, 0xFF, 1), ok([], Frame.endHeaders, 1), Frame.data("a")], .answer("a")),
        ServerRow(
            "with PING, PRIORITY and SETTINGS",
            [
                Frame.ping(), Frame.make(2, 0, 1, [0, 0, 0, 0, 1]), Frame.settings([(3, 7)]), ok([], Frame.endHeaders, 1),
                Frame.data("a"),
            ], .answer("a")),
        ServerRow(
            "RFC 9113 §8.1 whole, and then no more of the request is wanted",
            [ok([], Frame.endHeaders, 1), Frame.data("a"), Frame.reset(1, 0)], .answer("a")),
        ServerRow(
            "before GOAWAY, which names its stream",
            [
                Frame.make(7, 0, 0, Frame.number(1) + Frame.number(0)), ok([], Frame.endHeaders, 1), Frame.data("a"),
            ], .answer("a")),
    ]

    private static let heads: [ServerRow] = [
        ServerRow("RFC 9113 §8.3.2 no status", [head([("a", "b")])], .refused("upstream_pseudo_field_missing"), told: reset),
        ServerRow("a status that is none", [head([(":status", "abc")])], .refused("upstream_status_invalid"), told: reset),
        ServerRow("a status without a class", [head([(":status", "600")])], .refused("upstream_status_invalid"), told: reset),
        ServerRow("RFC 9113 §8.6 101", [head([(":status", "101")])], .refused("upstream_status_invalid"), told: reset),
        ServerRow(
            "two statuses", [head([(":status", "200"), (":status", "200")])], .refused("upstream_pseudo_field_repeated"),
            told: reset),
        ServerRow(
            "a pseudo-field of requests", [head([(":status", "200"), (":path", "/")])], .refused("upstream_pseudo_field_unknown"),
            told: reset),
        ServerRow(
            "RFC 9113 §8.3 a status behind a field", [head([("a", "b"), (":status", "200")])],
            .refused("upstream_pseudo_field_late"), told: reset),
        ServerRow(
            "RFC 9113 §8.2.1 upper case", [head([(":status", "200"), ("Server", "x")])], .refused("upstream_http2_field_name"),
            told: reset),
        ServerRow(
            "RFC 9113 §8.2.1 a line's end in a value", [head([(":status", "200"), ("a", "b\r\nc: d")])],
            .refused("upstream_http2_field_value"), told: reset),
        ServerRow(
            "RFC 9113 §8.2.2 transfer-encoding", [head([(":status", "200"), ("transfer-encoding", "chunked")])],
            .refused("upstream_http2_connection_field"), told: reset),
        ServerRow(
            "RFC 9113 §8.2.2 connection", [head([(":status", "200"), ("connection", "close")])],
            .refused("upstream_http2_connection_field"), told: reset),
        ServerRow(
            "a head that is too large", [head([(":status", "200"), ("a", String(repeating: "b", count: 12_000))])],
            .refused("upstream_field_too_large"), told: reset),
        ServerRow(
            "too many fields", [head([(":status", "200")] + (0..<200).map { ("a\($0)", "") })],
            .refused("upstream_too_many_fields"), told: reset),
        ServerRow(
            "two lengths", [head([(":status", "200"), ("content-length", "0"), ("content-length", "0")])],
            .refused("upstream_content_length_repeated")),
        ServerRow(
            "a length that is none", [head([(":status", "200"), ("content-length", "x")])],
            .refused("upstream_content_length_malformed")),
        ServerRow(
            "an end with an interim head", [head([(":status", "103")])], closedEarly, told: reset),
        ServerRow(
            "interim heads without end",
            .init(repeating: Frame.headers([(":status", "103"), ("link", String(repeating: "a", count: 4000))], 4), count: 120),
            .refused("upstream_too_many_interim_heads")),
        ServerRow(
            "pieces without end",
            [Frame.make(1, 0, 1, [])] + .init(repeating: Frame.make(9, 0, 1, Array(repeating: 0x61, count: 16_000)), count: 4),
            closedEarly, told: "GOAWAY ENHANCE_YOUR_CALM"),
        ServerRow(
            "RFC 9113 §4.3 a table that is not there", [Frame.make(1, end, 1, [0xFE])], closedEarly,
            told: "GOAWAY COMPRESSION_ERROR"),
        ServerRow(
            "RFC 9113 §4.3 half a field", [Frame.make(1, end, 1, [0, 5, 0x61])], closedEarly, told: "GOAWAY COMPRESSION_ERROR"),
    ]

    private static let reset = "RST_STREAM 1 PROTOCOL_ERROR"

    private static let bodies: [ServerRow] = [
        ServerRow("DATA before the head", [Frame.data("a")], .broken, told: reset),
        ServerRow(
            "RFC 9113 §8.1.1 more than content-length", [ok([("content-length", "3")], 4, 1), Frame.data("hello")], .broken,
            told: reset),
        ServerRow(
            "RFC 9113 §8.1.1 less than content-length", [ok([("content-length", "9")], 4, 1), Frame.data("hello")], .broken,
            told: reset),
        // Both who frames the answer and who counts its DATA must read that as a 3.
        ServerRow(
            "more than a content-length of many digits",
            [ok([("content-length", "0000000000000000003")], 4, 1), Frame.data("hello")], .broken, told: reset),
        ServerRow(
            "less than a content-length of many digits",
            [ok([("content-length", "1000000000000000000")], 4, 1), Frame.data("hello")], .broken, told: reset),
        ServerRow("RFC 9113 §8.1.1 none of content-length", [ok([("content-length", "9")], end, 1)], .broken, told: reset),
        ServerRow(
            "trailers that do not end it", [ok([], 4, 1), Frame.headers([("a", "b")], Frame.endHeaders)], .broken, told: reset),
        ServerRow(
            "RFC 9113 §8.1 a pseudo-field in trailers", [ok([], 4, 1), Frame.headers([(":status", "200")])], .broken,
            told: reset),
        ServerRow("a second head", [ok([], 4, 1), ok([], 4, 1)], .broken, told: reset),
        ServerRow("more padding than there is", [ok([], 4, 1), Frame.make(0, Frame.padded, 1, [9, 0])], .broken, told: goAway),
    ]

    private static let goAway = "GOAWAY PROTOCOL_ERROR"

    private static let frames: [ServerRow] = [
        ServerRow("RFC 9113 §8.4 a push", [Frame.make(5, 4, 1, Frame.number(2))], closedEarly, told: goAway),
        ServerRow("a stream of its own", [Frame.headers([(":status", "200")], end, stream: 2)], closedEarly, told: goAway),
        ServerRow("a stream that is idle", [Frame.headers([(":status", "200")], end, stream: 7)], closedEarly, told: goAway),
        ServerRow("DATA on a stream that is idle", [Frame.data("a", stream: 7)], closedEarly, told: goAway),
        ServerRow("DATA on stream 0", [Frame.data("a", stream: 0)], closedEarly, told: goAway),
        ServerRow("HEADERS on stream 0", [Frame.headers([(":status", "200")], end, stream: 0)], closedEarly, told: goAway),
        ServerRow("a reset of a stream that is idle", [Frame.reset(7)], closedEarly, told: goAway),
        ServerRow("SETTINGS on a stream", [Frame.make(4, 0, 1)], closedEarly, told: goAway),
        ServerRow("RFC 9113 §6.5.2 push is enabled", [Frame.settings([(2, 1)])], closedEarly, told: goAway),
        ServerRow(
            "a window that is too large", [Frame.settings([(4, 0x8000_0000)])], closedEarly, told: "GOAWAY FLOW_CONTROL_ERROR"),
        ServerRow("frames that are too small", [Frame.settings([(5, 100)])], closedEarly, told: goAway),
        ServerRow("half a setting", [Frame.make(4, 0, 0, [0, 1, 0])], closedEarly, told: "GOAWAY FRAME_SIZE_ERROR"),
        ServerRow(
            "a PING of seven bytes", [Frame.make(6, 0, 0, [1, 2, 3, 4, 5, 6, 7])], closedEarly, told: "GOAWAY FRAME_SIZE_ERROR"),
        ServerRow("RFC 9218 §7.1 PRIORITY_UPDATE", [Frame.priorityUpdate(1)], closedEarly, told: goAway),
        ServerRow("a CONTINUATION of nothing", [Frame.make(9, 4, 1)], closedEarly, told: goAway),
        ServerRow(
            "a field section that is interrupted", [Frame.make(1, 0, 1, []), Frame.ping()], closedEarly, told: goAway),
        ServerRow(
            "a frame that is too long", [Frame.make(0, 0, 1, Array(repeating: 0, count: 16_385))], closedEarly,
            told: "GOAWAY FRAME_SIZE_ERROR"),
        ServerRow("no SETTINGS", [ok([], end, 1)], closedEarly, told: goAway, settings: nil),
        ServerRow("HTTP/1.1", [Array("HTTP/1.1 200 OK\r\n\r\n".utf8)], closedEarly, told: goAway, settings: nil),
        ServerRow(
            "frames that move nothing, without end", .init(repeating: Frame.ping(), count: 4_000), closedEarly,
            told: "GOAWAY ENHANCE_YOUR_CALM"),
    ]

    private static let flow: [ServerRow] = [
        ServerRow(
            "RFC 9113 §6.9.1 more than the stream's window",
            [ok([], 4, 1)] + .init(repeating: Frame.make(0, 0, 1, Array(repeating: 0x61, count: 16_384)), count: 64), .broken,
            told: "RST_STREAM 1 FLOW_CONTROL_ERROR"),
        ServerRow(
            "RFC 9113 §6.9 a WINDOW_UPDATE of nothing", [Frame.windowUpdate(1, 0)], closedEarly, told: reset),
        ServerRow("and for the connection", [Frame.windowUpdate(0, 0)], closedEarly, told: goAway),
        ServerRow(
            "RFC 9113 §6.9.1 a window that grows too large", [Frame.windowUpdate(1, 0x7FFF_FFFF)], closedEarly,
            told: "RST_STREAM 1 FLOW_CONTROL_ERROR"),
        ServerRow(
            "and the connection's", [Frame.windowUpdate(0, 0x7FFF_FFFF)], closedEarly, told: "GOAWAY FLOW_CONTROL_ERROR"),
    ]

    private static let ends: [ServerRow] = [
        ServerRow("a reset", [Frame.reset(1, 2)], closedEarly),
        ServerRow("a reset behind the head", [ok([], 4, 1), Frame.data("a", 0), Frame.reset(1, 2)], .broken),
        ServerRow("a refusal", [Frame.reset(1, 7)], closedEarly),
        ServerRow("GOAWAY that names no stream", [Frame.make(7, 0, 0, Frame.number(0) + Frame.number(0))], closedEarly),
        ServerRow(
            "a GOAWAY of seven bytes", [Frame.make(7, 0, 0, Array("1234567".utf8))], closedEarly,
            told: "GOAWAY FRAME_SIZE_ERROR"),
    ]
}
