/// What one side of a connection has told the other about itself, RFC 9113 §6.5.2; at first the values that hold before any
/// SETTINGS.
package struct Settings: Equatable, Sendable {
    /// The names of settings.
    package enum Identifier: UInt16, Sendable {
        case headerTableSize = 0x1
        case enablePush = 0x2
        case maxConcurrentStreams = 0x3
        case initialWindowSize = 0x4
        case maxFrameSize = 0x5
        case maxHeaderListSize = 0x6
        /// RFC 8441 §3.
        case enableConnectProtocol = 0x8
        /// RFC 9218 §2.1.
        case noRFC7540Priorities = 0x9
    }

    package var headerTableSize: UInt32 = 4096
    /// Nil: no limit.
    package var maxConcurrentStreams: UInt32?
    /// Bytes that may be sent on a stream before the first WINDOW_UPDATE.
    package var initialWindowSize = 65_535
    /// Bytes of the largest payload that may be sent.
    package var maxFrameSize = 16_384
    package var enablesConnectProtocol = false

    package init() {}

    /// Bytes of one setting in a frame.
    static let entrySize = 6
    /// More settings than exist, many times over: a frame is not to keep us busy.
    static let maxEntries = 32

    /// Takes over what a SETTINGS frame says.
    /// - Parameter payload: of a frame without ACK.
    package mutating func apply(_ payload: Span<UInt8>) throws(ConnectionError) {
        guard payload.count % Self.entrySize == 0 else {
            throw ConnectionError(.frameSizeError, "a SETTINGS frame has a piece of a setting")
        }
        guard payload.count / Self.entrySize <= Self.maxEntries else {
            throw ConnectionError(.enhanceYourCalm, "a SETTINGS frame has more than \(Self.maxEntries) settings")
        }
        var index = 0
        while index < payload.count {
            try apply(BigEndian.uint16(payload, at: index), BigEndian.uint32(payload, at: index + 2))
            index += Self.entrySize
        }
    }

    private mutating func apply(_ identifier: UInt16, _ value: UInt32) throws(ConnectionError) {
        // RFC 9113 §6.5.2: unknown settings are ignored.
        switch Identifier(rawValue: identifier) {
        case .headerTableSize: headerTableSize = value
        case .enablePush:
            guard value <= 1 else { throw ConnectionError(.protocolError, "ENABLE_PUSH is \(value)") }
        case .maxConcurrentStreams: maxConcurrentStreams = value
        case .initialWindowSize:
            guard value <= FlowControl.maxWindow else {
                throw ConnectionError(.flowControlError, "INITIAL_WINDOW_SIZE is \(value)")
            }
            initialWindowSize = Int(value)
        case .maxFrameSize:
            guard (16_384...16_777_215).contains(value) else {
                throw ConnectionError(.protocolError, "MAX_FRAME_SIZE is \(value)")
            }
            maxFrameSize = Int(value)
        case .enableConnectProtocol:
            // RFC 8441 §3: once offered it cannot be taken back.
            guard value <= 1, value == 1 || !enablesConnectProtocol else {
                throw ConnectionError(.protocolError, "ENABLE_CONNECT_PROTOCOL is \(value)")
            }
            enablesConnectProtocol = value == 1
        case .noRFC7540Priorities:
            guard value <= 1 else { throw ConnectionError(.protocolError, "NO_RFC7540_PRIORITIES is \(value)") }
        case .maxHeaderListSize, nil: break
        }
    }
}

/// The numbers of flow control, RFC 9113 §5.2 and §6.9.
package enum FlowControl {
    /// No window may be larger.
    package static let maxWindow: UInt32 = 0x7FFF_FFFF
    /// What every window is at first.
    package static let initialWindow = 65_535
}
