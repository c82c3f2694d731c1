import Glibc

/// An address at which a connection neither succeeds nor fails: somebody listens, and the kernel's queue is full.
package final class DeafListener: Sendable, CustomStringConvertible {
    package let port: UInt16
    private let descriptors: [Int32]

    /// - Parameters:
    ///   - host: of the loopback, in IPv4.
    ///   - port: 0: a free one.
    package init(host: String = "127.0.0.1", port: UInt16 = 0) throws {
        let address = LoopbackAddress(host, port)
        let listener = try address.newSocket()
        guard unsafe address.with({ unsafe bind(listener, $0, $1) }) == 0, listen(listener, 0) == 0 else {
            throw Wire.Failure("listen")
        }
        self.port = LoopbackAddress.port(of: listener)
        var descriptors = [listener]
        // The queue of length 0 takes one; what comes after waits for ever, its first packet being dropped.
        for _ in 0..<3 {
            let client = try address.newSocket()
            _ = fcntl(client, F_SETFL, O_NONBLOCK)
            _ = unsafe LoopbackAddress(host, self.port).with { unsafe connect(client, $0, $1) }
            descriptors.append(client)
        }
        self.descriptors = descriptors
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }

    package var description: String { "\(port)" }
}
