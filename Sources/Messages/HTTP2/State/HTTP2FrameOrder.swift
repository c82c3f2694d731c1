import HTTP2

/// Which frames may come on a connection, and when.
struct HTTP2FrameOrder {
    /// Has the client's preface come? At the client's end none is awaited.
    private(set) var hasPreface: Bool
    /// Has the peer said what it takes?
    private(set) var hasSettings = false

    init(as role: HTTP2Connection.Role) { hasPreface = role == .client }

    mutating func prefaceCame() { hasPreface = true }
    mutating func settingsCame() { hasSettings = true }

    /// RFC 9113 §3.4: SETTINGS first; §6.10: nothing between the frames of a field section.
    /// - Parameters:
    ///   - type: nil if it is not known.
    ///   - section: the stream of the field section under way; nil if none is.
    func check(_ header: FrameHeader, _ type: FrameType?, within section: UInt32?) throws(ConnectionError) {
        if !hasSettings {
            guard type == .settings, !header.has(.endStreamOrAck) else {
                throw ConnectionError(.protocolError, "the first frame is no SETTINGS")
            }
        }
        if let section {
            guard type == .continuation, header.stream == section else {
                throw ConnectionError(.protocolError, "a field section is interrupted")
            }
        } else if case .continuation? = type {
            throw ConnectionError(.protocolError, "a CONTINUATION continues nothing")
        }
    }
}
