import Configuration
import HTTP
import Transport

/// Who says by the PROXY protocol whom it speaks for, at one listener.
struct ProxyProtocolPlan: Sendable {
    private let trusted: AddressSet
    private let takesOthers: Bool

    /// What a connection begins with.
    enum Beginning {
        case header
        /// It is a client's own.
        case client
        case refused
    }

    init(_ settings: ProxyProtocol) {
        trusted = AddressSet(settings.from)
        takesOthers = settings.others == .plain
    }

    func beginning(of peer: SocketAddress) -> Beginning {
        if let address = peer.ipAddress, trusted.contains(address) { return .header }
        return takesOthers ? .client : .refused
    }
}
