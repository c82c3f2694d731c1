import HTTP

/// The nine bytes before every frame's payload, RFC 9113 §4.1.
package struct FrameHeader: Equatable, Sendable {
    /// Bytes of a header.
    package static let size = 9
    /// Where in a header its flags are.
    package static let flagsOffset = 4
    /// The largest payload that a peer may send without being asked (RFC 9113 §4.2), and the largest that we take.
    package static let usualPayload = 16_384

    /// Bytes of the payload, up to 2^24 − 1.
    package var length: Int
    /// As it came: frames of unknown types are ignored (RFC 9113 §4.1).
    package var type: UInt8
    package var flags: UInt8
    /// 0 for the connection as a whole.
    package var stream: UInt32

    package init(_ type: FrameType, flags: UInt8 = 0, stream: UInt32, length: Int) {
        self.type = type.rawValue
        self.flags = flags
        self.stream = stream
        self.length = length
    }

    /// - Parameter bytes: at least nine.
    package init(reading bytes: Span<UInt8>) {
        length = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        type = bytes[3]
        flags = bytes[4]
        // The reserved bit is ignored.
        stream = BigEndian.uint32(bytes, at: 5) & 0x7FFF_FFFF
    }

    /// Is the flag set?
    package func has(_ flag: FrameFlag) -> Bool { flags & flag.rawValue != 0 }

    /// Appends the nine bytes.
    package func append(to out: inout OutputSpan<UInt8>) {
        BigEndian.append(UInt32(truncatingIfNeeded: length) << 8 | UInt32(type), to: &out)
        out.write(flags)
        BigEndian.append(stream, to: &out)
    }

    /// Says of a header that has been written how long its payload has become.
    /// - Parameter offset: where the header begins.
    static func set(length: Int, flags: UInt8, at offset: Int, in out: inout OutputSpan<UInt8>) {
        var bytes = out.mutableSpan
        bytes[offset] = UInt8(truncatingIfNeeded: length >> 16)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[offset + 2] = UInt8(truncatingIfNeeded: length)
        bytes[offset + flagsOffset] = flags
    }
}

/// The frames of RFC 9113 §6, and PRIORITY_UPDATE of RFC 9218 §7.1.
package enum FrameType: UInt8, Sendable {
    case data = 0x0
    case headers = 0x1
    case priority = 0x2
    case rstStream = 0x3
    case settings = 0x4
    case pushPromise = 0x5
    case ping = 0x6
    case goAway = 0x7
    case windowUpdate = 0x8
    case continuation = 0x9
    case priorityUpdate = 0x10
}

/// The flags of RFC 9113 §6. What a bit means depends on the frame's type.
package enum FrameFlag: UInt8, Sendable {
    /// Of DATA and HEADERS: END_STREAM; of SETTINGS and PING: ACK.
    case endStreamOrAck = 0x1
    case endHeaders = 0x4
    case padded = 0x8
    /// Of HEADERS: five bytes of RFC 7540's priorities come first.
    case priority = 0x20
}
