import Buffers
import EventLoop
import Messages
import Transport

/// One of the demo's upstreams, which can be stopped and started again: it is then at the same address.
///
/// It belongs to the services' loop, as all that it is made of.
final class DemoUpstream {
    let name: String
    let address: SocketAddress
    private(set) var isRunning = true
    private(set) var service: Service
    private let handler: any ServiceHandler
    private let buffers: BufferPool
    /// Of who takes its clients, while it is stopped.
    private let waiter: Waiter
    private var isOver = false

    /// Listens on a free port of 127.0.0.1.
    /// - Throws: the system call that failed.
    init(_ name: String, loop: EventLoop, buffers: BufferPool, handler: any ServiceHandler) throws(SystemError) {
        self.name = name
        self.handler = handler
        self.buffers = buffers
        let loopback = SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: 0)
        service = Service(
            try Listener(loopback, on: loop), limits: Self.limits, loop: loop, buffers: buffers, handler: handler)
        address = service.address
        waiter = Waiter(loop: loop)
    }

    /// New clients are refused, those that have asked get the answer, and a chat ends with Close 1001.
    func stop() {
        guard isRunning else { return }
        isRunning = false
        service.drain()
    }

    /// Listens at its address again.
    /// - Throws: the system call that failed: another program may have taken the port.
    func start() throws(SystemError) {
        guard !isRunning, !isOver else { return }
        let loop = waiter.loop
        service = Service(
            try Listener(address, on: loop), limits: Self.limits, loop: loop, buffers: buffers, handler: handler)
        isRunning = true
        waiter.notify()
    }

    /// Stops for good, and cuts the connections that are left.
    func end() {
        isOver = true
        stop()
        service.cut()
        waiter.notify()
    }

    /// Waits for a client, also while it is stopped. One task at a time may ask.
    /// - Returns: nil at its end.
    nonisolated(nonsending) func nextClient() async -> Service.Client? {
        while true {
            if let client = await service.nextClient() { return client }
            guard !isOver else { break }
            // It may have been started again since.
            if !isRunning { _ = await waiter.wait(timeout: nil) }
        }
        waiter.retire()
        return nil
    }

    /// Bodies are echoed whatever their length, and the gateway is the one that closes what is idle: it keeps it for less long.
    private static var limits: Service.Limits {
        var limits = Service.Limits()
        limits.maxBodyBytes = .max
        limits.idleTimeout = 90_000_000_000
        limits.silenceTimeout = 90_000_000_000
        limits.bodyTimeout = .max
        limits.sendTimeout = 90_000_000_000
        return limits
    }
}
