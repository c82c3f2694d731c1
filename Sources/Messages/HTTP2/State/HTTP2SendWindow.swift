import HTTP2

/// How much DATA a peer takes, on a stream or on all of a connection together (RFC 9113 §6.9).
struct HTTP2SendWindow {
    /// Bytes that it takes now; of a stream below 0 after the peer has lowered INITIAL_WINDOW_SIZE (§6.9.2).
    private(set) var left: Int

    init(_ size: Int) { left = size }

    var isOpen: Bool { left > 0 }
    /// RFC 9113 §6.9.1: no window may be larger.
    var isTooLarge: Bool { left > Int(FlowControl.maxWindow) }

    mutating func spend(_ count: Int) { left -= count }

    /// The peer takes so many bytes more, or less.
    mutating func widen(_ increment: Int) { left += increment }
}
