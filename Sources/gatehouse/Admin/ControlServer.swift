import Buffers
import Configuration
import EventLoop
import Fleet
import Gateway
import Messages
import TLS
import Transport

/// Answers scrapers or operators over TCP, on an event loop that is no worker's.
actor ControlServer {
    nonisolated let loop: EventLoop
    /// Where it listens; port 0 has become the kernel's choice.
    nonisolated let address: SocketAddress
    private let service: Service

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// It cannot serve: its address cannot be had, or a file cannot be used.
    struct Unopened: Error, CustomStringConvertible {
        /// The configuration's.
        let key: String
        let description: String
        /// What can be done; nil if that is not known.
        var remedy: String?
    }

    /// Listens at `metrics.listen`; scrapers are answered once `run` is called.
    /// - Parameters:
    ///   - loop: whose thread runs.
    ///   - replacing: whether a process listens there whose place this one takes.
    /// - Returns: nil if there is to be no listener.
    static func metrics(
        _ configuration: Metrics, _ gateway: Gateway, _ fleet: SharedFleetStatus, on loop: EventLoop, replacing: Bool
    ) async throws(Unopened) -> ControlServer? {
        guard let listen = configuration.listen,
            let address = SocketAddress(listeningOn: listen.address, port: UInt16(clamping: listen.port))
        else { return nil }
        var limits = Service.Limits()
        limits.maxBodyBytes = 0
        // A scraper and a few who look; each may hold a whole answer.
        limits.maxConnections = 32
        let token = configuration.token
        return try await open(address, limits, key: "metrics.listen", on: loop, replacing: replacing) {
            MetricsHandler(gateway, fleet, token: token)
        }
    }

    /// Listens at `[management]`, in the same way.
    static func management(
        _ configuration: Management, _ resources: AdminResources, on loop: EventLoop, replacing: Bool
    ) async throws(Unopened) -> ControlServer? {
        let host = configuration.host == "localhost" ? "127.0.0.1" : configuration.host
        guard configuration.enabled, let address = SocketAddress(listeningOn: host, port: UInt16(clamping: configuration.port))
        else { return nil }
        var limits = Service.Limits()
        limits.maxBodyBytes = UInt64(AdminHandler.maxBodyBytes)
        // Whoever watches leaves room for whoever orders.
        limits.maxConnections = 64 + SnapshotFeed.maxWatchers
        let names = try tlsNames(configuration)
        let access = ManagementAccess(configuration)
        return try await open(address, limits, names, key: "management.port", on: loop, replacing: replacing) {
            ManagementHandler(resources, access)
        }
    }

    /// Reads the files of `[management]`.
    /// - Returns: nil where it speaks without TLS.
    static func tlsNames(_ configuration: Management) throws(Unopened) -> TLSServerNames? {
        guard configuration.enabled, let certificate = configuration.certFile, let key = configuration.keyFile else { return nil }
        var policy = TLSPolicy()
        if let authorities = configuration.clientCaFile {
            policy.clientAuthentication = ClientAuthentication(
                isRequired: true, caFile: authorities, crlFile: nil, depth: ClientAuthenticationSettings().depth)
        }
        do throws(TLSError) {
            return TLSServerNames([:], fallback: try TLSServerContext(certificateFile: certificate, keyFile: key, policy))
        } catch {
            let isOfLists = error.file == .strayRevocations
            throw Unopened(
                key: "management.\(Self.key(of: error.file))", description: error.reason,
                remedy: isOfLists ? "take them out of it: no key of [management] names lists" : nil)
        }
    }

    /// The key of `[management]` that names a file.
    private static func key(of file: TLSError.File?) -> String {
        switch file {
        case .key: "key_file"
        case .clientAuthorities, .strayRevocations, .revocations: "client_ca_file"
        case .certificate, .authorities, .passphrase, nil: "cert_file"
        }
    }

    private static func open(
        _ address: SocketAddress, _ limits: Service.Limits, _ tls: TLSServerNames? = nil, key: String,
        on loop: EventLoop, replacing: Bool, _ handler: @Sendable () -> any ServiceHandler
    ) async throws(Unopened) -> ControlServer {
        do throws(SystemError) {
            return try await ControlServer(address, limits, tls, on: loop, replacing: replacing, handler)
        } catch {
            let refused = ListenError(address: address, site: key, cause: error)
            throw Unopened(key: key, description: refused.description, remedy: refused.remedy)
        }
    }

    private init(
        _ address: SocketAddress, _ limits: Service.Limits, _ tls: TLSServerNames?, on loop: EventLoop, replacing: Bool,
        _ handler: @Sendable () -> any ServiceHandler
    ) async throws(SystemError) {
        self.loop = loop
        let listener = try Listener(address, on: loop, shares: replacing)
        self.address = listener.address
        service = Service(
            listener, tls: tls, limits: limits, loop: loop,
            buffers: BufferPool(smallCapacity: 16_384), handler: handler())
    }

    /// Serves until `stop`.
    func run() async {
        await withDiscardingTaskGroup { connections in
            while let client = await service.nextClient() {
                connections.addTask { await self.serve(client) }
            }
        }
    }

    /// Takes no more clients, and cuts those that are there.
    func stop() {
        service.drain()
        service.cut()
    }

    private func serve(_ client: Service.Client) async { await service.serve(client) }
}
