package import Buffers
package import EventLoop
package import TLS

/// How a pool begins, what becomes of idle connections while nobody asks for them, and of a pool when plans change.
extension Pool {
    /// - Parameters:
    ///   - names: the worker's.
    ///   - queue: those who wait for room at this server; nil if it has no limit.
    /// - Throws: when the server's TLS files cannot be used.
    package convenience init(
        _ server: UpstreamServer, settings: Settings, loop: EventLoop, buffers: BufferPool, names: NameCache,
        queue: RequestQueue? = nil
    ) throws(TLSError) {
        let tls: TLSClientContext?
        if let settings = server.tls { tls = try TLSClientContext(settings) } else { tls = nil }
        self.init(server, tls: tls, settings: settings, loop: loop, buffers: buffers, names: names, queue: queue)
    }

    /// Can this pool serve another plan's server as well as its own? Then that plan finds the idle connections open.
    ///
    /// Not if files of its TLS are named: what is in them may have changed, and then the connections were made by other rules.
    package func suits(_ other: UpstreamServer, settings: Settings, names: NameCache, queue: RequestQueue?) -> Bool {
        let files = other.tls.map { [$0.caFile, $0.crlFile, $0.clientCertificateFile, $0.clientKeyFile] } ?? []
        let namesFiles = files.contains { $0 != nil }
        return !isRetired && server.state === other.state && server.identity == other.identity && server.tls == other.tls
            && server.parameters.idleTimeout == other.parameters.idleTimeout
            && server.parameters.proxyHeader == other.parameters.proxyHeader
            && server.parameters.version == other.parameters.version
            && server.parameters.maxStreams == other.parameters.maxStreams
            && server.parameters.pingInterval == other.parameters.pingInterval
            && server.parameters.pingTimeout == other.parameters.pingTimeout && !namesFiles && self.settings == settings
            && self.queue === queue && addresses.isOf(names)
    }

    /// No plan that is in use has this server any more: closes all idle connections, and keeps none from now on. Leases that are
    /// out go on to their end, and new ones may still be made for the exchanges that began before.
    package func retire() {
        isRetired = true
        closeIdle()
        shared?.retire()
    }

    /// Closes what has been idle too long, was closed by the upstream, or leads to where the server's name does not any more.
    /// Called by the worker several times a second.
    package func sweep() {
        let now = loop.now
        if isNamed { refreshName(now) }
        shared?.sweep(now: now, idleTimeout: idleTimeout) { belongs($0) }
        guard let oldest = idle.oldestAge(now: now) else { return }
        let isMoved = sweptVersion != addresses.version
        sweptVersion = addresses.version
        var lent = takeIdle()
        let stale = lent.takeStale(now: now) { $0.isClean && (!isMoved || belongs($0)) }
        idle = lent
        for (connection, age) in stale {
            if connection.hasEnded { closingAge.closed(at: age) }
            connection.close()
        }
        if stale.isEmpty { closingAge.isOpen(at: oldest) }
    }

    /// A connection that is kept alive asks for no address, so its name is looked up here, as long as it is in use.
    private func refreshName(_ now: UInt64) {
        let total = server.state.total
        if !idle.isEmpty || shared?.all.isEmpty == false || total != sweptTotal { addresses.refresh(now: now) }
        sweptTotal = total
    }

    /// Closes all idle connections.
    package func closeIdle() {
        watch.retire()
        var lent = takeIdle()
        for connection in lent.takeAll() { connection.close() }
        shared?.closeIdle()
    }

    /// Lets the event loop tell when an idle connection's peer closes it or speaks out of turn, without a task.
    func watchIdle() {
        isWatching = true
        watch.sleep(timeout: idleTimeout) { [unowned self] _ in
            isWatching = false
            sweep()
            if !idle.isEmpty { watchIdle() }
        }
    }

    /// Does a connection still lead to the server? Its name may have other addresses by now.
    func belongs(_ connection: any AddressedConnection) -> Bool {
        guard isNamed, connection.addressVersion != addresses.version, let address = connection.address else { return true }
        guard addresses.contains(address) else { return false }
        connection.addressVersion = addresses.version
        return true
    }

    // Price 1: whoever changes the list takes it out and puts it back.

    func takeIdle() -> IdleConnections<any PooledConnection> {
        exchange(&idle, with: IdleConnections(maxConnections: settings.maxIdle, timeout: idleTimeout))
    }
}
