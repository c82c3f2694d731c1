/// The rules of RFC 9113, as rows. Sections in the titles are its own unless they name another.
enum FrameRows {
    static let all = connection + frames + settings + streams + windows + sections + requests + bodies + priorities

    // MARK: §3.4, §4.1, §4.2

    static let connection: [FrameRow] = [
        .goAway(
            "§3.4 another preface",
            [Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8), Frame.settings()], protocolError, afterHello: false),
        .goAway(
            "§3.4 HTTP/1.1 where h2 was agreed on",
            [Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)], protocolError, afterHello: false),
        .goAway("§3.4 no SETTINGS first", [Frame.preface, Frame.ping()], protocolError, afterHello: false),
        .goAway("§3.4 an acknowledgement first", [Frame.preface, Frame.make(4, 1, 0)], protocolError, afterHello: false),
        .answered(
            "§4.1 a frame of an unknown type is ignored", [Frame.make(0x55, 0xFF, 0, [1, 2, 3]), Frame.headers(Frame.get)]),
        .answered("§4.1 and on a stream", [Frame.make(0x55, 0, 1, [1]), Frame.headers(Frame.get)]),
        .answered("§4.1 unknown flags are ignored", [Frame.headers(Frame.get, 0x05 | 0x80 | 0x40)]),
        .answered("§4.1 the reserved bit is ignored", [Frame.headers(Frame.get, stream: 0x8000_0001)]),
        FrameRow("§6.7 PING is answered", [Frame.ping("abcdefgh")], "PING ack abcdefgh"),
    ]

    static let frames: [FrameRow] = onStreamZero + onStreams + sizes + tooLarge

    private static let onStreamZero: [FrameRow] = [
        ("DATA", 0), ("HEADERS", 1), ("PRIORITY", 2), ("RST_STREAM", 3), ("PUSH_PROMISE", 5), ("CONTINUATION", 9),
    ].map { (name: String, type: UInt8) in
        .goAway("\(name) on stream 0", [Frame.make(type, 0x4, 0, zeros(type == 3 ? 4 : 5))], protocolError)
    }

    private static let onStreams: [FrameRow] = [
        ("SETTINGS", 4, 0), ("PING", 6, 8), ("GOAWAY", 7, 8), ("PRIORITY_UPDATE", 16, 5),
    ].map { (name: String, type: UInt8, size: Int) in
        .goAway("\(name) on a stream", [Frame.make(type, 0, 1, zeros(size))], protocolError)
    }

    private static let sizes: [FrameRow] = [
        ("SETTINGS", 4, [1, 5, 7]), ("PING", 6, [0, 7, 9]), ("GOAWAY", 7, [0, 7]), ("PRIORITY_UPDATE", 16, [0, 3]),
        ("RST_STREAM", 3, [0, 3, 5]), ("WINDOW_UPDATE", 8, [0, 3, 5]),
    ].flatMap { (name: String, type: UInt8, sizes: [Int]) -> [FrameRow] in
        let stream: UInt32 = type == 3 || type == 8 ? 1 : 0
        return sizes.map { size in
            .goAway("\(name) of \(size) bytes", [Frame.open(), Frame.make(type, 0, stream, zeros(size))], frameSizeError)
        }
    }

    private static let tooLarge: [FrameRow] = [0, 1, 2, 3, 4, 6, 7, 8, 9, 0x10, 0x55].map { (type: UInt8) in
        .goAway(
            "§4.2 a frame of type \(type) larger than was allowed", [Frame.make(type, 0x4, type < 2 ? 1 : 0, zeros(16_385))],
            frameSizeError)
    }

    private static func zeros(_ count: Int) -> [UInt8] { .init(repeating: 0, count: count) }

    // MARK: §6.5

    static let settings: [FrameRow] =
        [
            .goAway("§6.5 an acknowledgement with settings", [Frame.make(4, 1, 0, [0, 1, 0, 0, 16, 0])], frameSizeError),
            .goAway("§6.5.2 ENABLE_PUSH 2", [Frame.settings([(2, 2)])], protocolError),
            .goAway("§6.5.2 INITIAL_WINDOW_SIZE 2^31", [Frame.settings([(4, 0x8000_0000)])], flowControlError),
            .goAway("§6.5.2 MAX_FRAME_SIZE 16,383", [Frame.settings([(5, 16_383)])], protocolError),
            .goAway("§6.5.2 MAX_FRAME_SIZE 2^24", [Frame.settings([(5, 0x100_0000)])], protocolError),
            FrameRow(
                "RFC 7541 §4.2 a table made smaller, and larger again at once",
                [Frame.settings([(1, 0), (1, 4096)]), Frame.headers(Frame.get)], "HEADERS 1 resized 200"),
            .goAway("RFC 8441 §3 ENABLE_CONNECT_PROTOCOL 2", [Frame.settings([(8, 2)])], protocolError),
            .goAway("RFC 8441 §3 ENABLE_CONNECT_PROTOCOL taken back", [Frame.settings([(8, 1), (8, 0)])], protocolError),
            .goAway("RFC 9218 §2.1 NO_RFC7540_PRIORITIES 2", [Frame.settings([(9, 2)])], protocolError),
            .goAway("33 settings", [Frame.settings(.init(repeating: (1, 4096), count: 33))], calm),
            .goAway(
                "§6.9.2 INITIAL_WINDOW_SIZE that makes a window too large",
                [Frame.open(), Frame.windowUpdate(1, 0x7FFF_0000), Frame.settings([(4, 0x1_0000)])], flowControlError),
        ]
        + fineSettings

    private static let fineSettings: [FrameRow] = [
        (1, 0), (1, 4095), (1, 4096), (1, 0xFFFF_FFFF), (2, 0), (2, 1), (3, 0), (3, 100), (4, 0x7FFF_FFFF), (5, 16_384),
        (5, 0xFF_FFFF), (6, 0),
        (8, 1), (0xFFFF, 7),
    ].map { (identifier: UInt16, value: UInt32) in
        // RFC 7541 §4.2: to a table made smaller the next field section says that it keeps to that.
        FrameRow(
            "§6.5.2 setting \(identifier) is \(value)", [Frame.settings([(identifier, value)]), Frame.headers(Frame.get)],
            identifier == 1 && value < 4096 ? "HEADERS 1 resized 200" : "HEADERS 1 200")
    }

    // MARK: §5.1

    static let streams: [FrameRow] =
        [
            .goAway("§5.1 DATA on an idle stream", [Frame.data("a")], protocolError),
            .goAway("§5.1 RST_STREAM on an idle stream", [Frame.reset(1)], protocolError),
            .goAway("§5.1 WINDOW_UPDATE on an idle stream", [Frame.windowUpdate(1, 1)], protocolError),
            .goAway("§5.1.1 an even stream", [Frame.headers(Frame.get, stream: 2)], protocolError),
            .goAway("§5.1.1 DATA on an even stream", [Frame.data("a", stream: 2)], protocolError),
            .goAway(
                "§5.1.1 a stream below the last", [Frame.headers(Frame.get, stream: 5), Frame.headers(Frame.get, stream: 3)],
                streamClosed),
            .goAway("§5.1 HEADERS after END_STREAM", [Frame.open(), Frame.data(""), Frame.headers(Frame.get)], streamClosed),
            .reset("§5.1 DATA after END_STREAM", [Frame.open(), Frame.data("a"), Frame.data("b")], streamClosed),
            .goAway("§8.4 PUSH_PROMISE of a client", [Frame.open(), Frame.make(5, 4, 1, [0, 0, 0, 2])], protocolError),
            .answered(
                "§5.1 RST_STREAM, and another request",
                [Frame.open(), Frame.reset(1), Frame.headers(Frame.get, stream: 3)], stream: 3),
            .answered(
                "§5.1 RST_STREAM twice",
                [Frame.open(), Frame.reset(1), Frame.reset(1), Frame.headers(Frame.get, stream: 3)], stream: 3),
            .answered(
                "§5.1 WINDOW_UPDATE after RST_STREAM",
                [Frame.open(), Frame.reset(1), Frame.windowUpdate(1, 9), Frame.headers(Frame.get, stream: 3)], stream: 3),
            .answered("§5.1.1 streams may be skipped", [Frame.headers(Frame.get, stream: 101)], stream: 101),
            .answered(
                "§6.8 GOAWAY of a client is no end",
                [Frame.make(7, 0, 0, .init(repeating: 0, count: 8)), Frame.headers(Frame.get)]),
            .answered(
                "§7 an unknown error code",
                [Frame.open(), Frame.reset(1, 0xFFFF), Frame.headers(Frame.get, stream: 3)], stream: 3),
        ]

    // MARK: §6.9

    static let windows: [FrameRow] = [
        .goAway("§6.9 WINDOW_UPDATE of 0", [Frame.windowUpdate(0, 0)], protocolError),
        .reset("§6.9 WINDOW_UPDATE of 0 on a stream", [Frame.open(), Frame.windowUpdate(1, 0)], protocolError),
        .goAway("§6.9.1 the connection's window over 2^31 − 1", [Frame.windowUpdate(0, 0x7FFF_FFFF)], flowControlError),
        .reset("§6.9.1 a stream's window over 2^31 − 1", [Frame.open(), Frame.windowUpdate(1, 0x7FFF_FFFF)], flowControlError),
        FrameRow(
            "§6.9 an answer waits for its window",
            [Frame.settings([(4, 0)]), Frame.headers(Frame.get), Frame.windowUpdate(1, 1)], "DATA 1 1"),
        FrameRow(
            "§6.9.2 a window is lowered below 0 and raised again",
            [Frame.settings([(4, 1)]), Frame.headers(Frame.get), Frame.settings([(4, 0)]), Frame.windowUpdate(1, 2)], "DATA 1 "),
    ]

    // MARK: §6.2, §6.10, RFC 7541

    static let sections: [FrameRow] =
        [
            .answered("§6.10 a field section in three frames", cut(5, 3)),
            .answered(
                "§6.10 empty fragments", [Frame.make(1, 1, 1), Frame.make(9, 0, 1), Frame.make(9, 4, 1, Frame.block(Frame.get))]),
            .goAway("§6.10 CONTINUATION continues nothing", [Frame.make(9, 4, 1, Frame.block(Frame.get))], protocolError),
            .goAway("§6.10 after END_HEADERS", [Frame.open(), Frame.make(9, 4, 1)], protocolError),
            .goAway("§6.10 CONTINUATION on another stream", [Frame.make(1, 1, 1), Frame.make(9, 4, 3)], protocolError),
            .goAway("§6.2 more padding than payload", [Frame.make(1, 0xD, 1, [5, 0, 0])], protocolError),
            .goAway("§6.2 no room for the length of padding", [Frame.make(1, 0xD, 1)], frameSizeError),
            .goAway("§6.2 no room for a priority", [Frame.make(1, 0x25, 1, [0, 0, 0])], frameSizeError),
            .answered("§6.2 padding", [Frame.make(1, 0xD, 1, [3] + Frame.block(Frame.get) + [0, 0, 0])]),
            .answered("§6.2 a priority", [Frame.make(1, 0x25, 1, [0, 0, 0, 3, 9] + Frame.block(Frame.get))]),
            .answered("§6.2 both", [Frame.make(1, 0x2D, 1, [2, 0x80, 0, 0, 3, 9] + Frame.block(Frame.get) + [0, 0])]),
            .goAway("RFC 7541 §2.3.3 index 0", [Frame.make(1, 5, 1, [0x80])], compressionError),
            .goAway("RFC 7541 §2.3.3 an index beyond the table", [Frame.make(1, 5, 1, [0xFF, 0x00])], compressionError),
            .goAway(
                "RFC 7541 §5.1 an integer without an end",
                [Frame.make(1, 5, 1, .init(repeating: 0xFF, count: 12))], compressionError),
            .goAway("RFC 7541 §5.2 a string that is cut", [Frame.make(1, 5, 1, [0, 5, 0x61])], compressionError),
            .goAway("RFC 7541 §5.2 padding that is no EOS", [Frame.make(1, 5, 1, [0, 0x81, 0x00, 0])], compressionError),
            .goAway(
                "RFC 7541 §6.3 a table larger than was allowed",
                [Frame.make(1, 5, 1, [0x3F, 0xE2, 0xFF, 0x03] + Frame.block(Frame.get))], compressionError),
            .goAway(
                "RFC 7541 §4.2 a table size behind a field",
                [Frame.make(1, 5, 1, Frame.block(Frame.get) + [0x20])], compressionError),
            .answered("RFC 7541 §4.2 a table size first", [Frame.make(1, 5, 1, [0x20] + Frame.block(Frame.get))]),
            .answered(
                "RFC 7541 §6.1 fields of the static table",
                [Frame.make(1, 5, 1, [0x82, 0x87, 0x84] + Frame.block([Frame.get[3]]))]),
        ]
        + interrupted

    private static let interrupted: [FrameRow] = [
        ("DATA", 0), ("HEADERS", 1), ("PRIORITY", 2), ("RST_STREAM", 3), ("SETTINGS", 4), ("PING", 6), ("GOAWAY", 7),
        ("WINDOW_UPDATE", 8), ("PRIORITY_UPDATE", 16), ("an unknown frame", 0x55),
    ].map { (name: String, type: UInt8) in
        .goAway(
            "§6.10 \(name) within a field section",
            [Frame.make(1, 1, 1), Frame.make(type, 0, type == 4 || type == 6 ? 0 : 1)], protocolError)
    }

    private static func cut(_ places: Int...) -> [[UInt8]] {
        var rest = Frame.block(Frame.get)
        var frames: [[UInt8]] = []
        for (index, count) in places.enumerated() {
            frames.append(Frame.make(index == 0 ? 1 : 9, index == 0 ? 1 : 0, 1, Array(rest.prefix(count))))
            rest.removeFirst(count)
        }
        return frames + [Frame.make(9, 4, 1, rest)]
    }

    // MARK: §5.3, RFC 9218

    static let priorities: [FrameRow] = [
        .reset("§5.3 PRIORITY of 4 bytes", [Frame.open(), Frame.make(2, 0, 1, [0, 0, 0, 0])], frameSizeError),
        .reset(
            "RFC 7540 §5.3.1 a stream depends on itself", [Frame.open(), Frame.make(2, 0, 1, [0, 0, 0, 1, 1])], protocolError),
        .goAway(
            "RFC 7540 §5.3.1 and in HEADERS", [Frame.make(1, 0x25, 1, [0, 0, 0, 1, 9] + Frame.block(Frame.get))], protocolError),
        .goAway("§6.4 PRIORITY of 4 bytes on an idle stream", [Frame.make(2, 0, 7, [0, 0, 0, 0])], frameSizeError),
        .goAway("§6.4 an idle stream depends on itself", [Frame.make(2, 0, 7, [0, 0, 0, 7, 1])], protocolError),
        .goAway(
            "RFC 9218 §7.1 PRIORITY_UPDATE for a stream that only we could open", [Frame.make(16, 0, 0, [0, 0, 0, 2])],
            protocolError),
        .answered("§5.3 PRIORITY on an idle stream", [Frame.make(2, 0, 7, [0, 0, 0, 0, 1]), Frame.headers(Frame.get)]),
        .answered(
            "RFC 9218 §7.1 PRIORITY_UPDATE",
            [Frame.make(16, 0, 0, [0, 0, 0, 1] + Array("u=0, i".utf8)), Frame.headers(Frame.get)]),
        .goAway("RFC 9218 §7.1 PRIORITY_UPDATE for stream 0", [Frame.make(16, 0, 0, [0, 0, 0, 0])], protocolError),
        .answered("RFC 9218 §5 a priority that is none", [Frame.headers(Frame.get + [("priority", "u=9, x, i=?2;;,,")])]),
    ]

    static let protocolError = "PROTOCOL_ERROR"
    static let frameSizeError = "FRAME_SIZE_ERROR"
    static let flowControlError = "FLOW_CONTROL_ERROR"
    static let compressionError = "COMPRESSION_ERROR"
    static let streamClosed = "STREAM_CLOSED"
    static let calm = "ENHANCE_YOUR_CALM"
}
