import Glibc

/// Names to addresses, off the event loops.
package enum Resolver {
    /// How long an answer is used, in nanoseconds.
    package static let lifetime: UInt64 = 30_000_000_000

    /// All addresses of a name, in the system's order of preference (RFC 6724).
    /// - Throws: `.unresolved` with the resolver's words.
    package nonisolated(nonsending) static func addresses(
        of name: String, port: UInt16
    ) async throws(TransportError) -> [SocketAddress] {
        // getaddrinfo(3) blocks. A detached task has no executor preference, so it runs on the global pool, where
        // nothing else of this process waits.
        let result = await Task.detached { () -> Result<[SocketAddress], TransportError> in
            Result { () throws(TransportError) in try look(up: name, port: port) }
        }.value
        return try result.get()
    }

    private static func look(up name: String, port: UInt16) throws(TransportError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(name, nil, &hints, &list)
        guard code == 0 else { throw .unresolved("\(name): " + (unsafe String(cString: gai_strerror(code)))) }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var entry = unsafe list
        while let info = unsafe entry {
            if let address = unsafe info.pointee.ai_addr {
                var storage = sockaddr_storage()
                unsafe withUnsafeMutableBytes(of: &storage) { raw in
                    let length = unsafe min(Int(info.pointee.ai_addrlen), raw.count)
                    unsafe raw.copyMemory(from: UnsafeRawBufferPointer(start: address, count: length))
                }
                let found = SocketAddress(storage)
                addresses.append(
                    SocketAddress(family: found.family, bytes: found.bytes, port: port, scope: found.scope))
            }
            unsafe entry = info.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw .unresolved("\(name) has no address") }
        return addresses
    }
}
