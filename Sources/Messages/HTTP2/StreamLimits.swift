package import HTTP
import HTTP2

/// What a client may do on one HTTP/2 connection. Each is there because it costs us and the client decides how much.
package struct StreamLimits: Sendable {
    package var head: HeadLimits
    package var trailers: ChunkLimits
    /// Streams open at a time, `limits.http2_streams`.
    package var maxStreams = 128
    /// Streams that end by a reset, whoever sends it, at once and in 30 seconds: `limits.http2_resets`.
    package var maxResets = 500
    /// Frames that move nothing, at once and in 10 seconds: `limits.http2_control_frames`.
    package var maxControlFrames = 2_000
    /// Bytes that a stream may be ahead of us at first.
    package var streamWindow = 65_535
    /// Bytes by which all windows of streams together may grow with use: `limits.http2_window`.
    package var maxGrowth = 16_777_216
    /// WebSockets may be opened on it (RFC 8441).
    package var enablesConnectProtocol = true

    package init(head: HeadLimits, trailers: ChunkLimits) {
        self.head = head
        self.trailers = trailers
    }
}

extension StreamLimits {
    /// What our first SETTINGS frame says.
    func settings(as role: HTTP2Connection.Role) -> [(Settings.Identifier, UInt32)] {
        let headerListSize: (Settings.Identifier, UInt32) = (.maxHeaderListSize, UInt32(clamping: head.maxHeadBytes))
        if role == .client { return [(.enablePush, 0), headerListSize] }
        var settings: [(Settings.Identifier, UInt32)] = [
            (.maxConcurrentStreams, UInt32(maxStreams)), headerListSize, (.noRFC7540Priorities, 1),
        ]
        if enablesConnectProtocol { settings.append((.enableConnectProtocol, 1)) }
        return settings
    }
}
