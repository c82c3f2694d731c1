import CLinux
import Glibc

/// An upstream that does what a test's script says, and keeps what it got, byte for byte.
package final class Upstream: Sendable, CustomStringConvertible {
    package let port: UInt16
    /// Requests that `serve` has read.
    package let requests = Journal<Message>("the upstream's requests")
    /// Numbers of the connections accepted, from 1.
    package let connections = Journal<Int>("the upstream's connections")
    /// Numbers of the connections that their script has done with.
    package let closures = Journal<Int>("the upstream's closed connections")
    private let listener: StoppableSocket

    /// - Parameters:
    ///   - host: of the loopback: "127.0.0.1", "127.0.0.2", "::1".
    ///   - port: 0: a free one.
    ///   - script: runs on a thread of its own for each connection, which is closed when it returns. Its errors are dropped: the
    ///     test looks at what came of it.
    package init(host: String = "127.0.0.1", port: UInt16 = 0, _ script: @escaping @Sendable (Upstream, Wire) throws -> Void)
        throws
    {
        let address = LoopbackAddress(host, port)
        let listener = StoppableSocket(try address.newSocket())
        self.listener = listener
        let descriptor = listener.descriptor
        guard unsafe address.with({ unsafe bind(descriptor, $0, $1) }) == 0, listen(descriptor, 1024) == 0 else {
            listener.close()
            throw Wire.Failure("listen")
        }
        self.port = LoopbackAddress.port(of: descriptor)
        let (requests, connections, closures) = (requests, connections, closures)
        detachThread { [weak self] in
            var number = 0
            while true {
                // Close-on-exec from its first moment: a child that inherited it would hold the connection open.
                let descriptor = gh_accept(listener.descriptor, nil, nil)
                guard descriptor >= 0 else { break }
                _ = fcntl(descriptor, F_SETFL, 0)
                number += 1
                let (wire, mine) = (Wire(adopting: descriptor), number)
                connections.append(mine)
                guard let self else { break }
                detachThread {
                    try? script(self, wire)
                    wire.close()
                    closures.append(mine)
                }
            }
            listener.close()
            for journal in [connections, closures] { journal.close() }
            requests.close()
        }
    }

    /// Answers every request of every connection.
    /// - Parameter answer: the bytes to answer with.
    package static func answering(
        host: String = "127.0.0.1", port: UInt16 = 0, _ answer: @escaping @Sendable (Message) -> String
    ) throws -> Upstream {
        try Upstream(host: host, port: port) { upstream, wire in try upstream.serve(wire, answer) }
    }

    /// Answers everything with 200 and the text.
    package static func saying(_ text: String, host: String = "127.0.0.1", port: UInt16 = 0) throws -> Upstream {
        try answering(host: host, port: port) { ok(text, to: $0) }
    }

    /// 200 with the text; to HEAD without it.
    package static func ok(_ text: String, to request: Message? = nil) -> String {
        "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n" + (request?.method == "HEAD" ? "" : text)
    }

    /// One request after another until the client ends.
    package func serve(_ wire: Wire, _ answer: (Message) -> String) throws {
        while let request = try wire.readRequest() {
            requests.append(request)
            try wire.write(answer(request))
        }
    }

    deinit {
        stop()
    }

    /// Takes no more connections.
    package func stop() { listener.stop() }

    package var description: String { "\(port)" }
}
