import Buffers
import Configuration
import EventLoop
import Glibc
import Logging
import Messages
import Transport

/// Serves the admin API at a Unix socket, on an event loop that is no worker's: whatever is asked costs them nothing.
actor AdminServer {
    nonisolated let loop: EventLoop
    private let log: Logger
    private let buffers = BufferPool(smallCapacity: 16_384)
    private var service: Service?
    private var file: SocketFile?
    /// Its other name, when another process has the one that the configuration says.
    private var ownFile: SocketFile?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// A socket that the configuration names and that cannot be had.
    struct Unopened: Error, CustomStringConvertible {
        let path: String
        let cause: any Error

        var description: String { "cannot listen on \(path): \((cause as? SystemError)?.reason ?? "\(cause)")" }
    }

    /// Listens; clients are answered once `run` is called.
    /// - Parameters:
    ///   - loop: whose thread runs.
    ///   - replacing: whether it takes the place of a process that listens there.
    /// - Returns: nil if there is to be no socket, or if the standard one cannot be had: that is told, and keeps nobody from
    ///   serving.
    static func open(
        _ socket: Admin.Socket, _ resources: AdminResources, on loop: EventLoop, replacing: Bool = false
    ) async throws(Unopened) -> AdminServer? {
        if socket == .none { return nil }
        var path = RuntimeDirectory.own
        do {
            path = if case .file(let path) = socket { path } else { try RuntimeDirectory.prepare() }
            let server = AdminServer(log: resources.log, on: loop)
            try await server.open(at: path, resources, replacing: replacing)
            return server
        } catch {
            let failure = Unopened(path: path, cause: error)
            if case .file = socket { throw failure }
            resources.log.warning(
                "there is no admin socket: set [admin] socket, or set it to \"none\"", metadata: ["reason": "\(failure)"])
            return nil
        }
    }

    private init(log: Logger, on loop: EventLoop) {
        self.log = log
        self.loop = loop
    }

    private func open(at path: String, _ resources: AdminResources, replacing: Bool) throws(SystemError) {
        let (listener, file) = try SocketFile.listen(at: path, on: loop, replacing: replacing)
        self.file = file
        service = Service(
            listener, limits: Self.limits, loop: loop, buffers: buffers, handler: AdminHandler(resources))
    }

    /// Where it listens.
    var path: String? { file?.path }

    /// Serves until `stop`.
    func run() async {
        guard let service else { return }
        await withDiscardingTaskGroup { connections in
            while let client = await service.nextClient() {
                // Also where the file's mode has been changed.
                guard Self.mayAsk(PeerCredentials(of: client.descriptor)) else {
                    log.warning("a stranger at the admin socket is turned away")
                    Listener.turnAway(client.descriptor)
                    continue
                }
                connections.addTask { await self.serve(client) }
            }
        }
    }

    /// Another process gets the path: whom it leaves behind can still be asked, with the number of this process behind the name.
    func keepReachable() {
        // An upgrade that came to nothing has left the other name.
        guard let file, ownFile == nil, !file.path.hasSuffix("/\(getpid()).sock") else { return }
        ownFile = file.linked(at: "\(file.path).\(getpid())")
    }

    /// Takes no more clients, cuts those that are there, and removes the socket's file.
    func stop() {
        // First: as long as this one listens, the file of who has taken its place cannot have its file's number.
        file?.remove()
        ownFile?.remove()
        service?.drain()
        service?.cut()
    }

    private func serve(_ client: Service.Client) async {
        await service?.serve(client)
    }

    /// Root and the process's own user can do what this API does by other means, too.
    private static func mayAsk(_ peer: PeerCredentials?) -> Bool {
        guard let peer else { return false }
        return peer.user == 0 || peer.user == geteuid()
    }

    /// A plan is asked for with a whole configuration.
    private static var limits: Service.Limits {
        var limits = Service.Limits()
        limits.maxBodyBytes = UInt64(AdminHandler.maxBodyBytes)
        // Whoever watches leaves room for whoever orders.
        limits.maxConnections = 64 + SnapshotFeed.maxWatchers
        return limits
    }
}
