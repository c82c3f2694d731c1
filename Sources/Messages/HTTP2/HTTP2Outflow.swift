package import HTTP
import HTTP2

/// What goes out on a stream: one field section, DATA as far as both windows and the connection's buffer allow, and perhaps
/// trailers.
package final class HTTP2Outflow: BodySink {
    /// Its stream, which holds it.
    unowned var stream: HTTP2Stream?
    /// Bytes of DATA that the peer takes now; below 0 after it has lowered INITIAL_WINDOW_SIZE (RFC 9113 §6.9.2).
    private(set) var window: Int
    /// Has END_STREAM been sent?
    package private(set) var hasEnded = false
    /// Bytes of a counted body still to come; nil if the body is not counted.
    private var left: UInt64?
    private var isTunnel = false
    /// The last write was stopped by what all streams of the connection share.
    private(set) var isBlockedByConnection = false

    package var bodyBytes: UInt64 { handedOver }
    private var handedOver: UInt64 = 0
    /// Since when the peer has taken less than `stallBytes` of what it could have, in monotonic nanoseconds; nil while it takes
    /// all that there is.
    package private(set) var stalledSince: UInt64?
    /// What had been handed over by then.
    private var handedOverBefore: UInt64 = 0

    init(window: Int) {
        self.window = window
    }

    /// Sends a final answer's field section.
    /// - Parameters:
    ///   - framing: of the body that follows; without one the section ends the stream.
    ///   - compose: appends the encoded fields.
    ///   - isTunnel: what follows is no body, and only `endTunnel` ends it.
    package func begin(_ framing: BodyFraming, isTunnel: Bool = false, compose: (inout OutputSpan<UInt8>) -> Void) {
        guard let stream, !stream.hasLeft, !hasEnded else { return }
        self.isTunnel = isTunnel
        left = if case .length(let count) = framing { count } else { nil }
        hasEnded = framing.isEmpty
        stream.connection.sendHeaders(stream, endsStream: hasEnded, compose: compose)
    }

    /// Sends a field section that another follows: 1xx.
    package func sendInterim(compose: (inout OutputSpan<UInt8>) -> Void) {
        guard let stream, !stream.hasLeft, !hasEnded else { return }
        stream.connection.sendHeaders(stream, endsStream: false, compose: compose)
    }

    /// Sends a prefix of the payload as DATA.
    package func write(_ payload: Span<UInt8>) throws(PeerError) -> Int {
        guard let stream else { return 0 }
        if let code = stream.resetCode { throw .reset(code) }
        isBlockedByConnection = false
        var taken = 0
        while taken < payload.count, window > 0, !hasEnded {
            let count = min(payload.count - taken, window)
            let endsStream = left.map { $0 == UInt64(count) } ?? false
            let sent = try stream.connection.sendData(
                stream, payload.extracting(taken..<taken + count), endsStream: endsStream)
            guard sent > 0 else {
                isBlockedByConnection = true
                break
            }
            taken += sent
            window -= sent
            handedOver += UInt64(sent)
            if let rest = left {
                left = rest - UInt64(sent)
                hasEnded = left == 0
            }
        }
        if taken < payload.count { noteBlocked(stream.connection.now) } else if window > 0 { stalledSince = nil }
        if hasEnded { stream.connection.streamEnded(stream) }
        return taken
    }

    /// Whoever opens its windows by a byte now and then holds a stream, and an upstream, as one that opens them not at all.
    private func noteBlocked(_ now: UInt64) {
        guard stalledSince == nil || handedOver - handedOverBefore >= Self.stallBytes else { return }
        stalledSince = now
        handedOverBefore = handedOver
    }

    private static let stallBytes: UInt64 = 4096

    /// Ends the stream; with trailers in a field section of their own.
    package func finish(trailers: FieldSection?) {
        guard let stream, !stream.hasLeft, !hasEnded, !isTunnel else { return }
        // A counted body that lacks bytes must not look whole (RFC 9113 §8.1.1).
        if let left, left > 0 { return stream.reset(.internalError) }
        hasEnded = true
        if let trailers, !trailers.lines.isEmpty {
            stream.connection.sendHeaders(stream, endsStream: true) { out in
                for line in trailers.lines {
                    FieldEncoder.append(trailers.bytes.span, name: line.name, value: line.value, to: &out)
                }
            }
        } else {
            stream.connection.sendEnd(stream)
        }
    }

    /// Ends our side of a tunnel.
    func endTunnel() {
        isTunnel = false
        finish(trailers: nil)
    }

    /// What waits is the connection's to send, with what waits for other streams.
    package func flush() throws(PeerError) -> Bool {
        if let code = stream?.resetCode { throw .reset(code) }
        return true
    }

    /// The stream takes nothing more.
    package func discard() { hasEnded = true }

    /// The peer takes so many bytes more, or less.
    /// - Returns: false if its window is larger than any may be (RFC 9113 §6.9.1).
    func widen(_ increment: Int) -> Bool {
        let before = window
        window += increment
        guard window <= Int(FlowControl.maxWindow) else { return false }
        if before <= 0, window > 0 { stream?.becameWritable() }
        return true
    }
}
