import Buffers
package import EventLoop
import HTTP
import Messages
package import Transport

/// The demo's upstreams, on one event loop of their own: an echo, the chat's page, and two chat servers that share their rooms.
///
/// They listen on loopback alone, in plain text: the gateway in front of them is what is shown.
package actor DemoServices {
    /// Where the services listen, once `open` has returned.
    package struct Addresses: Sendable {
        package var echo: SocketAddress
        package var page: SocketAddress
        /// The two chat servers: what is said on one is heard on the other.
        package var chat: [SocketAddress]
    }

    package nonisolated let loop: EventLoop
    private let buffers = BufferPool(smallCapacity: 16_384)
    private let rooms = ChatRooms()
    private var upstreams: [DemoUpstream] = []
    private var stage: StageService?
    private var reservations: [Listener] = []

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until `stop`, after which no job of this actor is left.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Starts the loop's thread.
    /// - Throws: the system call that failed.
    package init() throws(SystemError) {
        loop = try EventLoop()
        try loop.start(name: "demo")
    }

    /// Opens the services on free ports of 127.0.0.1.
    /// - Throws: the system call that failed.
    package func open() throws(SystemError) -> Addresses {
        let chats = try ["a", "b"].map { name throws(SystemError) in
            try DemoUpstream(name, loop: loop, buffers: buffers, handler: ChatServer(name: name, rooms: rooms))
        }
        let stage = StageService(chats)
        self.stage = stage
        let echo = try DemoUpstream("echo", loop: loop, buffers: buffers, handler: EchoService())
        let page = try DemoUpstream("page", loop: loop, buffers: buffers, handler: ChatPage(stage))
        upstreams = [echo, page] + chats
        return Addresses(echo: echo.address, page: page.address, chat: chats.map(\.address))
    }

    /// Makes the page link to the dashboard.
    /// - Parameter address: with a key by which one may look and change nothing.
    package func link(toDashboard address: String) { stage?.dashboard = address }

    /// A free port of an address. It is held until `releasePorts`, in a way that lets the gateway, and nobody of another user,
    /// listen there as well (`SO_REUSEPORT`).
    /// - Throws: the system call that failed.
    package func reservePort(_ address: SocketAddress) throws(SystemError) -> UInt16 {
        let listener = try Listener(address, on: loop)
        reservations.append(listener)
        return listener.address.port
    }

    /// Gives the reserved ports up to who listens there now.
    package func releasePorts() {
        for listener in reservations { listener.close() }
        reservations = []
    }

    /// Serves until `stop` has let the last connection end.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for index in upstreams.indices {
                group.addTask { await self.acceptClients(index) }
            }
        }
    }

    /// Ends every chat with Close 1001 and takes no more; the echo and the page go on.
    package func closeChats() {
        rooms.close()
    }

    /// Takes no more connections and cuts those that are left.
    package func stop() {
        for upstream in upstreams { upstream.end() }
    }

    // MARK: -

    private func acceptClients(_ index: Int) async {
        await withDiscardingTaskGroup { connections in
            while let client = await upstreams[index].nextClient() {
                connections.addTask { await self.serve(client, index) }
            }
        }
    }

    private func serve(_ client: Service.Client, _ index: Int) async {
        await upstreams[index].service.serve(client)
    }
}
