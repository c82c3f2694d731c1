/// The rules of messages, RFC 9113 §8.
extension FrameRows {
    // MARK: §8.2, §8.3

    static let requests: [FrameRow] =
        [
            .answered("a request", [Frame.headers(Frame.get)]),
            .answered("two requests", [Frame.headers(Frame.get), Frame.headers(Frame.get, stream: 3)], stream: 3),
            .answered("HEAD", [Frame.headers(Frame.request("HEAD"))]),
            .answered("OPTIONS *", [Frame.headers(Frame.request("OPTIONS", "*"))]),
            .answered("RFC 9110 §10.1.4 te: Trailers", [Frame.headers(Frame.get + [("te", "Trailers")])]),
            .answered("§8.2.2 te: trailers", [Frame.headers(Frame.get + [("te", "trailers")])]),
            .answered(
                "§8.3.1 host instead of :authority", [Frame.headers(Frame.get(":authority", nil) + [("host", "localhost")])]),
            .answered("§8.3.1 host that says the same", [Frame.headers(Frame.get + [("host", "LOCALHOST")])]),
            .answered("§8.3.1 :scheme http", [Frame.headers(Frame.get(":scheme", "http"))]),
            .answered("neither host nor :authority", [Frame.headers(Frame.get(":authority", nil))], 400),
            .reset("§8.3.1 host that says something else", [Frame.headers(Frame.get + [("host", "other")])], protocolError),
            .reset("host twice", [Frame.headers(Frame.get + [("host", "localhost"), ("host", "localhost")])], protocolError),
            .reset("§8.3 a pseudo-field behind others", [Frame.headers([("a", "b")] + Frame.get)], protocolError),
            .reset("§8.3 an unknown pseudo-field", [Frame.headers(Frame.get + [(":x", "y")])], protocolError),
            .reset("§8.3 an answer's pseudo-field", [Frame.headers(Frame.get + [(":status", "200")])], protocolError),
            .reset("§8.2.2 te: gzip", [Frame.headers(Frame.get + [("te", "gzip")])], protocolError),
            .reset("§8.2.2 te: trailers, gzip", [Frame.headers(Frame.get + [("te", "trailers, gzip")])], protocolError),
            .reset("§8.2.1 an empty name", [Frame.headers(Frame.get + [("", "x")])], protocolError),
            .reset("§8.3.1 :path of another form", [Frame.headers(Frame.get(":path", "http://localhost/"))], protocolError),
            .reset("§8.3.1 :path * of a GET", [Frame.headers(Frame.get(":path", "*"))], protocolError),
            .answered("§8.3.1 a fragment in :path", [Frame.headers(Frame.get(":path", "/a#b"))], 400),
            .answered("docs/paths.md holds", [Frame.headers(Frame.get(":path", "/%00"))], 400),
            .answered("§8.5 CONNECT", [Frame.headers([(":method", "CONNECT"), (":authority", "localhost:1")])], 405),
            .reset("§8.5 CONNECT without :authority", [Frame.headers([(":method", "CONNECT")])], protocolError),
            .reset(
                "§8.5 CONNECT with :path",
                [Frame.headers([(":method", "CONNECT"), (":authority", "a:1"), (":path", "/")])], protocolError),
            .reset(
                "§8.5 CONNECT with :scheme",
                [Frame.headers([(":method", "CONNECT"), (":authority", "a:1"), (":scheme", "https")])], protocolError),
            .reset(
                "RFC 8441 §4 :protocol without CONNECT",
                [Frame.headers(Frame.get + [(":protocol", "websocket")])], protocolError),
            .reset(
                "RFC 8441 §4 an extended CONNECT without :path",
                [
                    Frame.headers([
                        (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "localhost"),
                    ])
                ], protocolError),
            .answered(
                "RFC 8441 §4 an unknown :protocol",
                [Frame.headers(Frame.request("CONNECT") + [(":protocol", "other")], Frame.endHeaders)], 501),
            .answered(
                "RFC 8441 a WebSocket where there is none",
                [
                    Frame.headers(
                        Frame.request("CONNECT") + [(":protocol", "websocket"), ("sec-websocket-version", "13")], Frame.endHeaders
                    )
                ], 501),
            .answered("a field over the limit", [Frame.headers(Frame.get + [("x", String(repeating: "a", count: 9000))])], 431),
            .answered("fields over the limit", [Frame.headers(Frame.get + (0..<120).map { ("x-\($0)", "y") })], 431),
            .answered("a head over the limit", over(3, 6000), 431),
            .goAway("a head far over the limit", over(9, 7000), calm),
            .answered(
                "a target over the limit", [Frame.headers(Frame.get(":path", "/" + String(repeating: "a", count: 8200)))], 414),
        ]
        + pseudoFields + fields + values

    private static let pseudoFields: [FrameRow] =
        [":method", ":scheme", ":path"].flatMap { (name: String) -> [FrameRow] in
            [
                .reset("§8.3.1 no \(name)", [Frame.headers(Frame.get(name, nil))], protocolError),
                .reset("\(name) is empty", [Frame.headers(Frame.get(name, ""))], protocolError),
            ]
        }
        + [":method", ":scheme", ":path", ":authority"].map { (name: String) -> FrameRow in
            .reset("§8.3 \(name) twice", [Frame.headers([(name, "x")] + Frame.get)], protocolError)
        } + [.answered(":authority is empty", [Frame.headers(Frame.get(":authority", ""))], 400)]

    private static let fields: [FrameRow] =
        ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"].map { (name: String) -> FrameRow in
            .reset("§8.2.2 \(name)", [Frame.headers(Frame.get + [(name, "x")])], protocolError)
        }
        + ["Accept", "aCcept", "a b", "a\u{0}", "a\r\nb", "a:b", "a(", "a\u{7F}", "ä"].map { (name: String) -> FrameRow in
            .reset("§8.2.1 the name \(name.debugDescription)", [Frame.headers(Frame.get + [(name, "x")])], protocolError)
        }
        + ["a\u{0}b", "a\nb", "a\rb", "a\r\nb: c", " a", "a ", "\ta", "a\t"].map { (value: String) -> FrameRow in
            .reset("§8.2.1 the value \(value.debugDescription)", [Frame.headers(Frame.get + [("x", value)])], protocolError)
        }
        + ["\u{1}", "\u{7F}"].map { (value: String) -> FrameRow in
            .answered("RFC 9110 §5.5 the value \(value.debugDescription)", [Frame.headers(Frame.get + [("x", value)])], 400)
        }

    private static let values: [FrameRow] =
        [
            (":path", ["/a b", "/a\tb", "/a\r\nX: y", "/a\u{0}", "a", "/a\u{7F}"]),
            (":authority", ["u@localhost", "localhost localhost", "a,b", "localhost\r\nX: y"]),
            (":method", ["GET ", "G T", "GET\r\n", "G\u{0}T", "(GET)"]), (":scheme", ["wss", "ftp", "https:", "h"]),
        ].flatMap { (name: String, values: [String]) -> [FrameRow] in
            values.map { value in
                .reset("\(name) is \(value.debugDescription)", [Frame.headers(Frame.get(name, value))], protocolError)
            }
        }
        + ["localhost:", "localhost:443"].map { (authority: String) -> FrameRow in
            .answered(":authority is \(authority)", [Frame.headers(Frame.get(":authority", authority))])
        }

    /// A head of so many frames with a field of so many bytes each.
    private static func over(_ count: Int, _ size: Int) -> [[UInt8]] {
        let field = ("x", String(repeating: "a", count: size))
        return [Frame.headers(Frame.get + [field], 1)]
            + (1..<count).map { Frame.make(9, $0 == count - 1 ? 4 : 0, 1, Frame.block([field])) }
    }

    // MARK: §8.1

    static let bodies: [FrameRow] =
        [
            .answered("a body", [Frame.open([("content-length", "5")]), Frame.data("hello")]),
            .answered("a body without a length", [Frame.open(), Frame.data("hel", 0), Frame.data("lo")]),
            .answered("a body in empty frames, too", [Frame.open(), Frame.data("", 0), Frame.data("a", 0), Frame.data("")]),
            .answered("content-length 0", [Frame.headers(Frame.post + [("content-length", "0")])]),
            .answered("§6.1 padding", [Frame.open([("content-length", "5")]), Frame.data("\u{3}hello\0\0\0", 9)]),
            .answered("§6.1 padding alone", [Frame.open([("content-length", "0")]), Frame.data("\u{2}\0\0", 9)]),
            .goAway("§6.1 more padding than payload", [Frame.open(), Frame.data("\u{9}hello", 9)], protocolError),
            .goAway("§6.1 as much padding as payload", [Frame.open(), Frame.data("\u{6}hello", 9)], protocolError),
            .goAway("§6.1 no room for the length of padding", [Frame.open(), Frame.data("", 9)], frameSizeError),
            .reset(
                "§8.1.1 less than content-length", [Frame.open([("content-length", "6")]), Frame.data("hello")], protocolError),
            .reset(
                "§8.1.1 more than content-length", [Frame.open([("content-length", "4")]), Frame.data("hello")], protocolError),
            .reset(
                "§8.1.1 more in two frames",
                [Frame.open([("content-length", "4")]), Frame.data("hel", 0), Frame.data("lo")], protocolError),
            .reset("§8.1.1 a length and no body", [Frame.headers(Frame.post + [("content-length", "4")])], protocolError),
            .answered(
                "content-length twice",
                [Frame.open([("content-length", "5"), ("content-length", "5")]), Frame.data("hello")], 400),
            .answered("content-length that is no number", [Frame.open([("content-length", "+5")]), Frame.data("hello")], 400),
            .answered("trailers", [Frame.open(), Frame.data("a", 0), Frame.headers([("x-sum", "1")])]),
            .answered("trailers without DATA", [Frame.open(), Frame.headers([("x-sum", "1")])]),
            .reset("§8.1 trailers without END_STREAM", [Frame.open(), Frame.headers([("x-sum", "1")], 4)], protocolError),
            .reset("§8.1 a pseudo-field among trailers", [Frame.open(), Frame.headers([(":path", "/")])], protocolError),
            .reset("§8.2.1 upper case among trailers", [Frame.open(), Frame.headers([("X-Sum", "1")])], protocolError),
            .reset(
                "§8.2.2 a field of the connection among trailers",
                [Frame.open(), Frame.headers([("connection", "x")])], protocolError),
            .reset(
                "§8.1.1 trailers before the whole body",
                [Frame.open([("content-length", "5")]), Frame.data("hel", 0), Frame.headers([("x", "1")])], protocolError),
        ]
}
