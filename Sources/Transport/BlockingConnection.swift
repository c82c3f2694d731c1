// Which of the two has the socket calls' constants depends on which was compiled first.
import CLinux
package import EventLoop
import Glibc

/// A connection whose calls wait, for commands that do one thing after another. What serves uses `Stream`.
package struct BlockingConnection: ~Copyable {
    package let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// - Parameter timeout: whole seconds that connecting, and each read or write, may take.
    package static func connect(to address: SocketAddress, timeout: Int) throws(SystemError) -> BlockingConnection {
        // A peer that has gone is an error here, and not the program's end.
        _ = signal(SIGPIPE, SIG_IGN)
        let descriptor = Glibc.socket(address.domain, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket") }
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            // socket(7): SO_SNDTIMEO bounds connect(2), too.
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        var (storage, length) = address.storage
        let result = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(descriptor, $0, length) }
        }
        guard result == 0 else {
            let error = errno == EINPROGRESS ? SystemError("connect", code: ETIMEDOUT) : SystemError("connect")
            Glibc.close(descriptor)
            throw error
        }
        return BlockingConnection(descriptor: descriptor)
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// The addresses of a name, by getaddrinfo(3), in its order; empty if there is none.
    package static func addresses(of host: String, port: UInt16) -> [SocketAddress] {
        if let literal = SocketAddress(literal: host, port: port) { return [literal] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe Self.address(entry.pointee) { addresses.append(address.with(port: port)) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func address(_ entry: addrinfo) -> SocketAddress? {
        guard unsafe entry.ai_family == AF_INET || entry.ai_family == AF_INET6, let source = unsafe entry.ai_addr else {
            return nil
        }
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { room in
            unsafe room.copyMemory(from: UnsafeRawBufferPointer(start: source, count: min(room.count, Int(entry.ai_addrlen))))
        }
        return SocketAddress(storage)
    }
}
