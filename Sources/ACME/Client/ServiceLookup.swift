package import EventLoop
package import Transport

/// Finds the addresses of a service's host, for the calls of one task.
package final class ServiceLookup {
    private let waiter: Waiter
    private let resolver: Resolver

    private static let timeout: UInt64 = 20_000_000_000

    /// - Parameter waiter: the calling task's; nothing else may wait on it during a look-up.
    package init(_ waiter: Waiter) throws(TransportError) {
        self.waiter = waiter
        resolver = try Resolver(Resolver.Settings(), loop: waiter.loop)
    }

    /// No look-up may be under way any more.
    package func close() { resolver.close() }

    /// - Throws: `.unreachable`, naming the host.
    package nonisolated(nonsending) func addresses(of url: ServiceURL) async throws(ACMEError) -> [SocketAddress] {
        if let address = SocketAddress(literal: url.host, port: url.port) { return [address] }
        if let loopback = SocketAddress.loopback(url.host, port: url.port) { return loopback }
        let answer = LookedUp()
        resolver.ask(url.host) { [waiter] outcome in
            answer.outcome = outcome
            waiter.notify()
        }
        let deadline = waiter.loop.now &+ Self.timeout
        while answer.outcome == nil, waiter.loop.now < deadline { _ = await waiter.wait(timeout: deadline - waiter.loop.now) }
        switch answer.outcome {
        case .success(let found): return found.addresses.map { $0.with(port: url.port) }
        case .failure(let error): throw .unreachable("\(url.host): \(error)")
        case nil: throw .unreachable("\(url.host): the look-up timed out")
        }
    }

    private final class LookedUp {
        var outcome: Result<Resolver.Answer, TransportError>?
    }
}
