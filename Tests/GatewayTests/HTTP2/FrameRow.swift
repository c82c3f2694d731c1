import Testing

/// What a client sends after its preface and SETTINGS, and what must come of it.
struct FrameRow: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// How the frame begins that answers it, in the words of the peer that reads it.
    let answer: String
    let isAfterHello: Bool

    init(_ name: String, _ frames: [[UInt8]], _ answer: String, afterHello: Bool = true) {
        self.name = name
        bytes = (afterHello ? Frame.preface + Frame.settings() : []) + frames.flatMap { $0 }
        self.answer = answer
        isAfterHello = afterHello
    }

    var testDescription: String { name }

    /// A stream error, RFC 9113 §5.4.2.
    static func reset(_ name: String, _ frames: [[UInt8]], _ code: String, stream: Int = 1) -> FrameRow {
        FrameRow(name, frames, "RST_STREAM \(stream) \(code)")
    }

    /// A connection error, RFC 9113 §5.4.1.
    static func goAway(_ name: String, _ frames: [[UInt8]], _ code: String, afterHello: Bool = true) -> FrameRow {
        FrameRow(name, frames, "GOAWAY \(code)", afterHello: afterHello)
    }

    /// An answer.
    static func answered(_ name: String, _ frames: [[UInt8]], _ status: Int = 200, stream: Int = 1) -> FrameRow {
        FrameRow(name, frames, "HEADERS \(stream) \(status)")
    }
}

/// Frames, also such as nobody should send.
enum Frame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let endStream: UInt8 = 1
    static let endHeaders: UInt8 = 4
    static let padded: UInt8 = 8
    static let priority: UInt8 = 0x20

    static func make(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags] + number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }

    static func settings(_ entries: [(UInt16, UInt32)] = []) -> [UInt8] {
        make(4, 0, 0, entries.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] + number($1) })
    }

    static func data(_ text: String, _ flags: UInt8 = endStream, stream: UInt32 = 1) -> [UInt8] {
        make(0, flags, stream, Array(text.utf8))
    }

    static func headers(
        _ fields: [(String, String)], _ flags: UInt8 = endStream | endHeaders, stream: UInt32 = 1
    ) -> [UInt8] {
        make(1, flags, stream, block(fields))
    }

    static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] { make(8, 0, stream, number(increment)) }
    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] { make(3, 0, stream, number(code)) }
    static func priorityUpdate(_ stream: UInt32, _ value: String = "u=0") -> [UInt8] {
        make(0x10, 0, 0, number(stream) + Array(value.utf8))
    }
    static func ping(_ text: String = "12345678") -> [UInt8] { make(6, 0, 0, Array(text.utf8)) }

    /// Literals without indexing, RFC 7541 §6.2.2.
    static func block(_ fields: [(String, String)]) -> [UInt8] { fields.flatMap { [0] + string($0) + string($1) } }

    private static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var (length, rest): ([UInt8], Int) = ([127], bytes.count - 127)
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    static let get = request("GET")
    static let post = request("POST")

    static func request(_ method: String, _ path: String = "/") -> [(String, String)] {
        [(":method", method), (":scheme", "https"), (":path", path), (":authority", "localhost")]
    }

    /// A request whose body is still to come.
    static func open(_ fields: [(String, String)] = [], stream: UInt32 = 1) -> [UInt8] {
        headers(post + fields, endHeaders, stream: stream)
    }

    /// GET with one field changed, or without it.
    static func get(_ name: String, _ value: String?) -> [(String, String)] {
        get.compactMap { $0.0 == name ? value.map { (name, $0) } : $0 }
    }
}
