// Which of the two has `sockaddr_storage` depends on which was compiled first.
import CLinux
import Glibc

/// Where a socket is bound or connected to: IPv4, IPv6 or a Unix socket's path.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// The kind of address, as in AF_INET, AF_INET6 and AF_UNIX.
    package enum Family: Sendable, Hashable {
        case ipv4, ipv6, unix
    }

    package let family: Family
    /// The address as a number, IPv4 in the last 32 bits: every client's connection keeps one, so it costs no allocation.
    private let high: UInt64
    private let low: UInt64
    private let path: [UInt8]
    /// 0 for a Unix socket.
    package let port: UInt16
    /// The interface of a link-local IPv6 address; 0 if none.
    package let scope: UInt32

    package init(family: Family, bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
        self.family = family
        path = family == .unix ? bytes : []
        high = family == .ipv6 ? bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } : 0
        low = family == .unix ? 0 : bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.port = port
        self.scope = scope
    }

    /// Address bytes in network order: 4 or 16 of them, or a path.
    package var bytes: [UInt8] {
        switch family {
        case .ipv4: (0..<4).map { UInt8(truncatingIfNeeded: low >> (24 - 8 * UInt64($0))) }
        case .ipv6: (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> (56 - 8 * UInt64($0 % 8))) }
        case .unix: path
        }
    }

    /// Would listeners at both get the same clients?
    package func overlaps(_ other: SocketAddress) -> Bool {
        guard port == other.port, family != .unix, other.family != .unix else { return self == other }
        return isAny || other.isAny || self == other
    }

    /// Can there be no listener at one of them beside one at the other? `::` stands for every address, IPv4's too; `0.0.0.0` for
    /// every one of IPv4.
    package func excludes(_ other: SocketAddress) -> Bool {
        guard port == other.port, family != .unix, other.family != .unix else { return self == other }
        if isAny, family == .ipv6 || other.family == .ipv4 { return true }
        return other.isAny && (other.family == .ipv6 || family == .ipv4) || self == other
    }

    /// Does it stand for every address of the machine?
    var isAny: Bool { family != .unix && high == 0 && low == 0 }

    /// The same address with another port.
    package func with(port: UInt16) -> SocketAddress {
        SocketAddress(family: family, bytes: bytes, port: port, scope: scope)
    }

    /// The name in DNS that leads back to an address (RFC 1035 §3.5, RFC 3596 §2.5); nil for a Unix socket.
    package var reverseName: String? {
        switch family {
        case .ipv4: bytes.reversed().map { "\($0)." }.joined() + "in-addr.arpa"
        case .ipv6:
            bytes.reversed().map { "\(String($0 & 15, radix: 16)).\(String($0 >> 4, radix: 16))." }.joined() + "ip6.arpa"
        case .unix: nil
        }
    }

    /// Reads a literal: "192.0.2.1", "::1" (without brackets). Nil if it is none.
    package init?(literal: String, port: UInt16) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if unsafe inet_pton(AF_INET, literal, &bytes) == 1 {
            self.init(family: .ipv4, bytes: Array(bytes[0..<4]), port: port)
        } else if unsafe inet_pton(AF_INET6, literal, &bytes) == 1 {
            self.init(family: .ipv6, bytes: bytes, port: port)
        } else {
            return nil
        }
    }

    /// Where to listen: as `literal`, but `::`, which is every address of the machine, is IPv4's `0.0.0.0` where the system has
    /// no IPv6: the kernel was started with ipv6.disable=1, or a service manager takes it away.
    package init?(listeningOn literal: String, port: UInt16) {
        guard let address = SocketAddress(literal: literal, port: port) else { return nil }
        let isLost = address.family == .ipv6 && address.isAny && !Self.systemHasIPv6
        self = isLost ? SocketAddress(family: .ipv4, bytes: [0, 0, 0, 0], port: port) : address
    }

    private static let systemHasIPv6: Bool = {
        let descriptor = Glibc.socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno != EAFNOSUPPORT }
        close(descriptor)
        return true
    }()

    /// The IPv4 address that an IPv4-mapped one stands for (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2), so that a client has one form
    /// however the socket was opened that it came to; every other address itself.
    var unmapped: SocketAddress {
        guard family == .ipv6, high == 0, low >> 32 == 0xFFFF else { return self }
        return SocketAddress(family: .ipv4, bytes: Array(bytes.suffix(4)), port: port)
    }

    /// Takes an address from the kernel's form. An IPv4 client of a dual-stack listener is given as IPv4.
    init(_ storage: sockaddr_storage) {
        let family = Int32(storage.ss_family)
        self = unsafe withUnsafeBytes(of: storage) { raw in
            let port = unsafe UInt16(raw[2]) << 8 | UInt16(raw[3])
            switch family {
            case AF_INET:
                return SocketAddress(family: .ipv4, bytes: unsafe Array(raw[4..<8]), port: port)
            case AF_INET6:
                let scope = unsafe raw.loadUnaligned(fromByteOffset: 24, as: UInt32.self)
                return SocketAddress(family: .ipv6, bytes: unsafe Array(raw[8..<24]), port: port, scope: scope).unmapped
            default:
                return SocketAddress(family: .unix, bytes: [], port: 0)
            }
        }
    }

    /// The kernel's form and its length.
    var storage: (sockaddr_storage, socklen_t) {
        var storage = sockaddr_storage()
        let length: Int = unsafe withUnsafeMutableBytes(of: &storage) { raw in
            switch family {
            case .ipv4:
                unsafe raw.storeBytes(of: sa_family_t(AF_INET), as: sa_family_t.self)
                unsafe raw[4..<8].copyBytes(from: bytes)
            case .ipv6:
                unsafe raw.storeBytes(of: sa_family_t(AF_INET6), as: sa_family_t.self)
                unsafe raw[8..<24].copyBytes(from: bytes)
                unsafe raw.storeBytes(of: scope, toByteOffset: 24, as: UInt32.self)
            case .unix:
                unsafe raw.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
                unsafe raw[2..<2 + min(bytes.count, 107)].copyBytes(from: bytes.prefix(107))
                return 2 + min(bytes.count, 107) + 1
            }
            unsafe raw[2] = UInt8(port >> 8)
            unsafe raw[3] = UInt8(port & 0xFF)
            return family == .ipv4 ? 16 : 28
        }
        return (storage, socklen_t(length))
    }

    var domain: Int32 {
        switch family {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// The address alone: "192.0.2.1", "2001:db8::1" (no brackets, no port), or "unix".
    package var host: String {
        guard family != .unix else { return bytes.isEmpty ? "unix" : String(decoding: bytes, as: UTF8.self) }
        var text = [CChar](repeating: 0, count: 64)
        guard unsafe inet_ntop(domain, bytes, &text, 64) != nil else { return "?" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// "192.0.2.1:443", "[2001:db8::1]:443".
    package var description: String {
        switch family {
        case .ipv4: "\(host):\(port)"
        case .ipv6: "[\(host)]:\(port)"
        case .unix: "unix:\(host)"
        }
    }
}
