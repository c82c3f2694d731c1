package import HTTP2

/// What a server has said in GOAWAY (RFC 9113 §6.8): it takes no requests beyond those that are under way.
package struct HTTP2GoAway: Sendable {
    /// The highest stream that it has acted on, or may.
    package internal(set) var last: UInt32
    /// `.internalError` for one that is not known.
    package let code: ErrorCode
    /// In its own words, printable ASCII, at most 128 of them.
    package let debugData: String

    /// - Parameter payload: of the frame, at least eight bytes.
    init(reading payload: Span<UInt8>) {
        last = BigEndian.uint32(payload, at: 0) & 0x7FFF_FFFF
        code = ErrorCode(rawValue: BigEndian.uint32(payload, at: 4)) ?? .internalError
        let bytes = payload.extracting(droppingFirst: 8)
        var text = ""
        for index in 0..<min(bytes.count, 128) where 0x20...0x7E ~= bytes[index] {
            text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
        }
        debugData = text
    }
}
