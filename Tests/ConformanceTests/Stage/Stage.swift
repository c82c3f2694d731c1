import Glibc
import TLS

/// One running gatehouse between the test's client and the test's upstream. A single thread plays both: it
/// waits in poll(2) for all of them at once, so what is recorded when a case ends is all there is.
final class Stage {
    let program: Program
    let upstream: RecordingUpstream
    let port: UInt16
    private let clientContext: TLSClientContext

    /// Starts gatehouse.
    /// - Parameters:
    ///   - workers: threads of gatehouse; with one, log lines keep the order of the answers.
    ///   - sections: TOML before the sites: limits and so on.
    ///   - proxy: more keys of the site's `[sites.proxy]` table.
    init(workers: Int = 1, sections: String = "", proxy: String = "") throws {
        let properties = Properties.shared
        upstream = try RecordingUpstream(certificates: properties.certificates)
        port = try Descriptor.freePort()
        program = try Program(
            configuration: Stage.configuration(
                port, upstream, properties, sections: "worker_threads = \(workers)\n\(sections)", proxy: proxy))
        clientContext = try TLSClientContext(
            TLSClientContext.Settings(serverName: "localhost", caFile: "\(properties.certificates)/ca.crt"))
    }

    /// A new client connection; its handshake happens as the stage runs.
    func connect(serverName: String? = nil, receiveBuffer: Int32? = nil) throws -> Peer {
        let descriptor = try Descriptor.connect(to: port, receiveBuffer: receiveBuffer)
        var context = clientContext
        if let serverName {
            context = try TLSClientContext(TLSClientContext.Settings(serverName: serverName, verifies: false))
        }
        return Peer(descriptor, tls: try TLSSession(connecting: descriptor, context: context))
    }

    /// A client connection without TLS.
    func connectPlain() throws -> Peer { Peer(try Descriptor.connect(to: port)) }

    /// Lets everything happen until `condition` holds.
    /// - Returns: false if it did not hold within the time.
    @discardableResult
    func run(_ clients: [Peer], milliseconds: Int32 = 60_000, until condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        while true {
            for client in clients { client.step() }
            upstream.step()
            program.step()
            if condition() { return true }
            guard ContinuousClock.now < deadline else { return false }
            let interests = clients.compactMap(\.interest) + upstream.interests + program.interests
            _ = Descriptor.wait(interests, milliseconds: min(1000, milliseconds))
        }
    }

    /// Everything that has already been sent upstream is recorded when this returns: what Gatehouse sent before it answered the
    /// client is in the kernel's buffers by then.
    func settle() { upstream.step() }

    /// Reads one answer.
    /// - Returns: nil if none came to its end, or to the connection's.
    @discardableResult
    func answer(_ client: Peer, toHead: Bool = false) -> SeenAnswer? {
        var read: (answer: SeenAnswer, taken: Int)?
        run([client]) {
            read = SeenAnswer.read(client.received, toHead: toHead)
            return read?.answer.isComplete ?? false || client.ending != nil
        }
        guard let read, read.answer.isComplete || client.ending != nil else { return nil }
        let rest = client.takeReceived().dropFirst(read.taken)
        client.putBack(Array(rest))
        return read.answer
    }

    private static func configuration(
        _ port: UInt16, _ upstream: RecordingUpstream, _ properties: Properties, sections: String, proxy: String
    ) -> String {
        """
        [logging]
        format = "json"
        [performance]
        \(sections)
        [[sites]]
        name = "main"
        hostname = "localhost"
        hostnames = ["a.test"]
        port = \(port)
        static_dir = "\(properties.files)"
        default = true
        [sites.ssl]
        enabled = true
        cert_file = "\(properties.certificates)/localhost.crt"
        key_file = "\(properties.certificates)/localhost.key"
        [sites.proxy]
        enabled = true
        \(proxy)
        [[sites.proxy.upstreams]]
        name = "plain"
        url = "http://127.0.0.1:\(upstream.plainPort)"
        [[sites.proxy.upstreams]]
        name = "secure"
        url = "https://localhost:\(upstream.securePort)"
        ca_file = "\(properties.certificates)/ca.crt"
        [[sites.proxy.routes]]
        path = "/up/"
        request_trailers = true
        upstream = "plain"
        [[sites.proxy.routes]]
        path = "/tls/"
        upstream = "secure"
        [[sites.proxy.routes]]
        path = "/ws/"
        upstream = "plain"
        websocket = true
        [[sites]]
        name = "other"
        hostname = "other.test"
        port = \(port)
        static_dir = "\(properties.files)"
        [sites.ssl]
        enabled = true
        cert_file = "\(properties.certificates)/localhost.crt"
        key_file = "\(properties.certificates)/localhost.key"
        """
    }
}
