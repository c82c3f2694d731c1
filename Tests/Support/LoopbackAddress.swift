import Glibc

/// An address of this machine, in the kernel's form.
struct LoopbackAddress {
    private let host: String
    private let port: UInt16

    init(_ host: String, _ port: UInt16) {
        self.host = host
        self.port = port
    }

    private var isIPv6: Bool { host.contains(":") }

    func newSocket() throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { throw Wire.Failure("socket") }
        return descriptor
    }

    /// Lends the address to a system call.
    func with(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        if isIPv6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            _ = unsafe inet_pton(AF_INET6, host, &address.sin6_addr)
            return unsafe lend(&address, call)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        _ = unsafe inet_pton(AF_INET, host, &address.sin_addr)
        return unsafe lend(&address, call)
    }

    private func lend<Address>(_ address: inout Address, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        let size = socklen_t(MemoryLayout<Address>.size)
        // A sockaddr of its family's size, lent for the call.
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, size) }
        }
    }

    /// The port that the kernel gave to a bound socket.
    static func port(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { address in
                _ = unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe getsockname(descriptor, $0, &size)
                }
                // The port stands at the same place in both families.
                return unsafe UInt16(bigEndian: address.pointee.sin_port)
            }
        }
    }
}

/// A free port, kept from everybody but those who share it with `SO_REUSEPORT`, as Gatehouse and nginx do, while this lives.
/// Nobody listens on it until one of them does.
package final class FreePort: Sendable, CustomStringConvertible {
    package let number: UInt16
    private let descriptor: Int32

    package init() throws {
        let address = LoopbackAddress("::", 0)
        descriptor = try address.newSocket()
        var on: Int32 = 1
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, socklen_t(MemoryLayout<Int32>.size))
        // Gatehouse's first listener shares an address with nobody who listens; with who only keeps it, by this.
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let descriptor = descriptor
        guard unsafe address.with({ unsafe bind(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            throw Wire.Failure("bind")
        }
        number = LoopbackAddress.port(of: descriptor)
    }

    deinit {
        close(descriptor)
    }

    package var description: String { "\(number)" }
}
