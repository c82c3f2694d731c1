import Buffers
import Configuration
import EventLoop
import Gateway
import Messages
import Transport

/// Answers scrapers at `metrics.listen`, on an event loop that is no worker's.
actor MetricsServer {
    nonisolated let loop: EventLoop
    private let service: Messages.Service

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// The address cannot be had.
    struct Unopened: Error, CustomStringConvertible {
        let address: String
        let cause: SystemError

        var description: String { "cannot listen on \(address): \(cause.reason)" }
    }

    /// Listens; scrapers are answered once `run` is called.
    /// - Parameters:
    ///   - loop: whose thread runs.
    ///   - replacing: whether a process listens there whose place this one takes.
    /// - Returns: nil if there is to be no listener.
    static func open(
        _ configuration: Metrics, _ gateway: Gateway, on loop: EventLoop, replacing: Bool
    ) async throws(Unopened) -> MetricsServer? {
        guard let listen = configuration.listen,
            let address = SocketAddress(literal: listen.address, port: UInt16(clamping: listen.port))
        else { return nil }
        do throws(SystemError) {
            return try await MetricsServer(address, token: configuration.token, gateway, on: loop, replacing: replacing)
        } catch {
            throw Unopened(address: address.description, cause: error)
        }
    }

    private init(
        _ address: SocketAddress, token: String?, _ gateway: Gateway, on loop: EventLoop, replacing: Bool
    ) async throws(SystemError) {
        self.loop = loop
        var limits = Messages.Service.Limits()
        limits.maxBodyBytes = 0
        // A scraper and a few who look; each may hold a whole answer.
        limits.maxConnections = 32
        service = Messages.Service(
            try Listener(address, on: loop, shares: replacing), limits: limits, loop: loop,
            buffers: BufferPool(smallCapacity: 16_384), handler: MetricsHandler(gateway, token: token))
    }

    /// Serves until `stop`.
    func run() async {
        await withDiscardingTaskGroup { connections in
            while let client = await service.nextClient() {
                connections.addTask { await self.serve(client) }
            }
        }
    }

    /// Takes no more scrapers, and cuts those that are there.
    func stop() {
        service.drain()
        service.cut()
    }

    private func serve(_ client: Messages.Service.Client) async { await service.serve(client) }
}
