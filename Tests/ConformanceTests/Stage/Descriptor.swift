import CLinux
import Glibc

/// Small steps on IPv4 loopback sockets, all non-blocking.
enum Descriptor {
    /// Listens on a port of the kernel's choice.
    static func listen() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length) != 0 || Glibc.listen(descriptor, 1024) != 0
                    || getsockname(descriptor, $0, &length) != 0
            }
        }
        guard !failed else { throw StageError("cannot listen: \(errno)") }
        setNonBlocking(descriptor)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// A port that was free just now.
    static func freePort() throws -> UInt16 {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }

    static func connect(to port: UInt16, receiveBuffer: Int32? = nil) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        if var size = receiveBuffer {
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = loopback(port: port)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw StageError("cannot connect to port \(port): \(errno)") }
        sendAtOnce(descriptor)
        setNonBlocking(descriptor)
        return descriptor
    }

    /// The next waiting connection, or nil. Programs that other tests start do not inherit it: they would keep it open.
    static func accept(_ listener: Int32) -> Int32? {
        var peer = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = unsafe gh_accept(listener, &peer, &length)
        guard descriptor >= 0 else { return nil }
        sendAtOnce(descriptor)
        return descriptor
    }

    /// Nagle's algorithm would hold a second record back until the first is acknowledged, 40 ms later.
    private static func sendAtOnce(_ descriptor: Int32) {
        var one: Int32 = 1
        _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    static func setNonBlocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Makes `close` send a reset.
    static func resetOnClose(_ descriptor: Int32) {
        var linger = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
    }

    /// What a non-blocking read came to: bytes, nil when there are none now; empty at the end.
    static func read(_ descriptor: Int32) throws -> [UInt8]? {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, initialized in
            unsafe count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            initialized = max(0, count)
        }
        if count >= 0 { return bytes }
        if errno == EAGAIN { return nil }
        throw StageError("read: \(errno)")
    }

    /// Writes a prefix; returns its length.
    static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) throws -> Int {
        let count = unsafe bytes.withUnsafeBytes { unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count >= 0 { return count }
        if errno == EAGAIN { return 0 }
        throw StageError("write: \(errno)")
    }

    /// Waits until one of them is ready, or the time is over.
    /// - Returns: was any ready?
    static func wait(_ descriptors: [(Int32, Int16)], milliseconds: Int32) -> Bool {
        var polled = descriptors.map { pollfd(fd: $0.0, events: $0.1, revents: 0) }
        return unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }
}

struct StageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
