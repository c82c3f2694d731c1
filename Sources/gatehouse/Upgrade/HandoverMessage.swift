/// What a process tells the one that takes its place, and is told by it. They may be of different versions.
enum HandoverMessage {
    /// The first one: whoever does not know the version must not go on.
    case version(String)
    /// A listening socket comes with it. A service manager's stays open whatever happens.
    case socket(isManagers: Bool)
    /// The keys of the session tickets of the listener with this address.
    case ticketKeys(address: String, keys: [UInt8])
    /// What signs sticky cookies where the configuration has no secret.
    case stickySecret(String)
    /// There is no more.
    case end
    /// The new process serves.
    case serves
    /// The new process is the service from now on.
    case takeOver

    static let presentVersion = "gatehouse 1"

    /// Nil if it is none that is known.
    init?(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return nil }
        let rest = bytes.dropFirst()
        switch Character(UnicodeScalar(kind)) {
        case "V": self = .version(String(decoding: rest, as: UTF8.self))
        case "L": self = .socket(isManagers: false)
        case "M": self = .socket(isManagers: true)
        case "T":
            guard let end = rest.firstIndex(of: 0) else { return nil }
            self = .ticketKeys(address: String(decoding: rest[..<end], as: UTF8.self), keys: Array(rest[(end + 1)...]))
        case "S": self = .stickySecret(String(decoding: rest, as: UTF8.self))
        case "E": self = .end
        case "R": self = .serves
        case "G": self = .takeOver
        default: return nil
        }
    }

    var bytes: [UInt8] {
        switch self {
        case .version(let version): Array("V\(version)".utf8)
        case .socket(let isManagers): Array((isManagers ? "M" : "L").utf8)
        case .ticketKeys(let address, let keys): Array("T\(address)".utf8) + [0] + keys
        case .stickySecret(let secret): Array("S\(secret)".utf8)
        case .end: Array("E".utf8)
        case .serves: Array("R".utf8)
        case .takeOver: Array("G".utf8)
        }
    }
}
