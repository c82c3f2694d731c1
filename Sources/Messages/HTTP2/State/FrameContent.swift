import HTTP2

// What of a frame is its content: what comes before and behind it is padding, and priorities that nobody uses any more.

/// Where in a DATA frame its payload is.
struct DataContent: Equatable {
    /// The payload's offset, from the frame's first byte.
    let start: Int
    let payload: Int
    /// Bytes of padding behind it.
    let padding: Int
}

extension FrameHeader {
    /// What a DATA frame carries, RFC 9113 §6.1.
    /// - Parameter bytes: the frame, as far as it has come, at least its header.
    /// - Returns: nil if more has to come first.
    func dataContent(_ bytes: Span<UInt8>) throws(ConnectionError) -> DataContent? {
        guard has(.padded) else { return DataContent(start: Self.size, payload: length, padding: 0) }
        guard length > 0 else { throw Self.paddingLengthMissing }
        guard bytes.count > Self.size else { return nil }
        let padding = Int(bytes[Self.size])
        guard padding < length else { throw Self.paddingTooLong }
        return DataContent(start: Self.size + 1, payload: length - 1 - padding, padding: padding)
    }

    /// What of a HEADERS frame's payload is the encoded fields, RFC 9113 §6.2.
    func fieldBlock(_ payload: Span<UInt8>) throws(ConnectionError) -> Range<Int> {
        var start = 0
        var end = payload.count
        if has(.padded) {
            guard !payload.isEmpty else { throw Self.paddingLengthMissing }
            start = 1
            end -= Int(payload[0])
        }
        if has(.priority) {
            guard payload.count >= start + 5 else { throw ConnectionError(.frameSizeError, "no room for a priority") }
            let dependency = BigEndian.uint32(payload, at: start) & 0x7FFF_FFFF
            // RFC 7540 §5.3.1, which RFC 9113 §5.3.2 leaves standing in so far as the fields are still parsed.
            guard dependency != stream else { throw ConnectionError(.protocolError, "a stream depends on itself") }
            start += 5
        }
        guard start <= end else { throw Self.paddingTooLong }
        return start..<end
    }

    private static var paddingLengthMissing: ConnectionError {
        ConnectionError(.frameSizeError, "no room for the length of padding")
    }

    private static var paddingTooLong: ConnectionError { ConnectionError(.protocolError, "more padding than payload") }
}
