import HTTP

/// Whole frames, appended to bytes that go out.
package enum Frames {
    /// Our side's settings, in the order given.
    package static func appendSettings(_ settings: [(Settings.Identifier, UInt32)], to out: inout OutputSpan<UInt8>) {
        FrameHeader(.settings, stream: 0, length: settings.count * Settings.entrySize).append(to: &out)
        for (identifier, value) in settings {
            BigEndian.append(identifier.rawValue, to: &out)
            BigEndian.append(value, to: &out)
        }
    }

    /// The answer to SETTINGS, RFC 9113 §6.5.3.
    package static func appendSettingsAck(to out: inout OutputSpan<UInt8>) {
        FrameHeader(.settings, flags: FrameFlag.endStreamOrAck.rawValue, stream: 0, length: 0).append(to: &out)
    }

    /// - Parameter payload: eight bytes.
    package static func appendPing(_ payload: Span<UInt8>, isAck: Bool, to out: inout OutputSpan<UInt8>) {
        let flags = isAck ? FrameFlag.endStreamOrAck.rawValue : 0
        FrameHeader(.ping, flags: flags, stream: 0, length: payload.count).append(to: &out)
        out.write(payload)
    }

    /// - Parameters:
    ///   - last: the highest stream that was or may be acted on.
    ///   - debugData: for whoever reads the peer's log; no secrets.
    package static func appendGoAway(last: UInt32, _ code: ErrorCode, debugData: String = "", to out: inout OutputSpan<UInt8>) {
        FrameHeader(.goAway, stream: 0, length: 8 + debugData.utf8.count).append(to: &out)
        BigEndian.append(last, to: &out)
        BigEndian.append(code.rawValue, to: &out)
        out.write(Array(debugData.utf8))
    }

    /// RST_STREAM, RFC 9113 §6.4.
    package static func appendReset(_ stream: UInt32, _ code: ErrorCode, to out: inout OutputSpan<UInt8>) {
        FrameHeader(.rstStream, stream: stream, length: 4).append(to: &out)
        BigEndian.append(code.rawValue, to: &out)
    }

    /// - Parameter increment: 1 to 2^31 − 1.
    package static func appendWindowUpdate(_ stream: UInt32, _ increment: Int, to out: inout OutputSpan<UInt8>) {
        FrameHeader(.windowUpdate, stream: stream, length: 4).append(to: &out)
        BigEndian.append(UInt32(truncatingIfNeeded: increment), to: &out)
    }

    /// A whole field section: HEADERS, and CONTINUATION for what does not fit into it (RFC 9113 §4.3).
    /// - Parameter compose: writes the encoded fields.
    package static func appendHeaders(
        _ stream: UInt32, endsStream: Bool, maxFrameSize: Int, to out: inout OutputSpan<UInt8>,
        compose: (inout OutputSpan<UInt8>) -> Void
    ) {
        let start = out.count
        let flags: UInt8 = endsStream ? FrameFlag.endStreamOrAck.rawValue : 0
        FrameHeader(.headers, stream: stream, length: 0).append(to: &out)
        compose(&out)
        let length = out.count - start - FrameHeader.size
        // Without room for all of it, all is written anew.
        guard length >= 0, !out.isFull else { return }
        if length <= maxFrameSize {
            FrameHeader.set(length: length, flags: flags | FrameFlag.endHeaders.rawValue, at: start, in: &out)
        } else {
            FrameHeader.set(length: maxFrameSize, flags: flags, at: start, in: &out)
            var rest: [UInt8] = []
            rest.append(out.span.extracting((start + FrameHeader.size + maxFrameSize)...))
            out.removeLast(rest.count)
            appendContinuations(stream, of: rest, maxFrameSize: maxFrameSize, to: &out)
        }
    }

    private static func appendContinuations(
        _ stream: UInt32, of rest: [UInt8], maxFrameSize: Int, to out: inout OutputSpan<UInt8>
    ) {
        var start = 0
        while start < rest.count {
            let end = min(start + maxFrameSize, rest.count)
            let flags = end == rest.count ? FrameFlag.endHeaders.rawValue : 0
            FrameHeader(.continuation, flags: flags, stream: stream, length: end - start).append(to: &out)
            out.write(rest.span, start..<end)
            start = end
        }
    }
}
