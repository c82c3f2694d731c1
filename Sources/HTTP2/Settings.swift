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

    /// Has it ever had a smaller header table than the initial one? Then a field section must say once that it keeps to that (RFC
    /// 7541 §4.2), even if the table is large again.
    package private(set) var hasHadSmallHeaderTable = false
    /// Bytes that may be sent on a stream before the first WINDOW_UPDATE.
    package private(set) var initialWindowSize = 65_535
    /// Bytes of the largest payload that may be sent.
    package private(set) var maxFrameSize = 16_384
    /// Streams that may be open at a time; at first, and without this setting, any number.
    package private(set) var maxConcurrentStreams = UInt32.max
    /// WebSockets may be opened (RFC 8441).
    package private(set) var enablesConnectProtocol = false

    package init() {}

    /// Bytes of the table of fields before a setting says otherwise (RFC 9113 §6.5.2).
    private static let initialHeaderTable = 4096
    /// Bytes of one setting in a frame.
    static let entrySize = 6
    /// More settings than exist, many times over: a frame is not to keep us busy.
    static let maxEntries = 32

    /// Takes over what a SETTINGS frame says.
    /// - Parameters:
    ///   - payload: of a frame without ACK.
    ///   - isServers: a server sent it.
    package mutating func apply(_ payload: Span<UInt8>, isServers: Bool = false) throws(ConnectionError) {
        guard payload.count % Self.entrySize == 0 else {
            throw ConnectionError(.frameSizeError, "a SETTINGS frame has a piece of a setting")
        }
        guard payload.count / Self.entrySize <= Self.maxEntries else {
            throw ConnectionError(.enhanceYourCalm, "a SETTINGS frame has more than \(Self.maxEntries) settings")
        }
        var index = 0
        while index < payload.count {
            try apply(BigEndian.uint16(payload, at: index), BigEndian.uint32(payload, at: index + 2), isServers)
            index += Self.entrySize
        }
    }

    private mutating func apply(_ identifier: UInt16, _ value: UInt32, _ isServers: Bool) throws(ConnectionError) {
        switch Identifier(rawValue: identifier) {
        case .headerTableSize: if value < Self.initialHeaderTable { hasHadSmallHeaderTable = true }
        case .enablePush:
            // RFC 9113 §6.5.2: a server has nothing to enable.
            guard value <= (isServers ? 0 : 1) else { throw ConnectionError(.protocolError, "ENABLE_PUSH is \(value)") }
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
        case .maxConcurrentStreams: maxConcurrentStreams = value
        // A server that takes less than it is sent says so in its answer; and RFC 9113 §6.5.2: unknown settings are ignored.
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
