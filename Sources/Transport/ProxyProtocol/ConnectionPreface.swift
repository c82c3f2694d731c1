/// What a connection to a server begins with, before all else, also before TLS.
package enum ConnectionPreface: Sendable, Equatable {
    /// Some hundred bytes at most; nothing if there are none.
    case bytes([UInt8])
    /// The PROXY protocol's header of a connection that is on nobody's behalf.
    case ownHeader(ProxyHeaderVersion)

    /// The connection begins with what is spoken over it.
    package static let none = ConnectionPreface.bytes([])
}
