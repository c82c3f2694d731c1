// HTTP/1's session as its connection sees it.
import Messages

extension ClientConnection {
    func makeHTTP1Session() -> any ClientSession {
        HTTP1Session(stream, endpoint, waiter: waiter, resources: resources, log: log)
    }
}

extension ClientSession {
    /// `serve`, called by its own function where the session is HTTP/1's (price 8).
    @inline(__always)
    nonisolated(nonsending) func serveDirectly() async -> SessionEnding {
        if let session = self as? HTTP1Session { return await session.serve() }
        return await serve()
    }
}

extension HTTP1Session {
    func outlivesIdleDeadline() -> Bool { false }
    var hasUnreadInput: Bool { !inflow.isClean }

    /// A tunnel takes the whole connection.
    var openTunnels: [Tunnel] { [] }

    /// Does nothing: the last answer says that the connection ends, see `mayServeAnother`.
    func drain() {}
    func announceEnd() {}
    func releaseMemory() {}
}
