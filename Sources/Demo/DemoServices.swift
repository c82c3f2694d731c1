import Buffers
package import EventLoop
import HTTP
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
    private let state: ServiceState
    private var doors: [(listener: Listener, service: Service)] = []
    private var reservations: [Listener] = []
    private var isStopping = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until `stop`, after which no job of this actor is left.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// Starts the loop's thread.
    /// - Throws: the system call that failed.
    package init() throws(SystemError) {
        loop = try EventLoop()
        state = ServiceState(loop: loop)
        try loop.start(name: "demo")
    }

    /// Opens the services on free ports of 127.0.0.1.
    /// - Throws: the system call that failed.
    package func open() throws(SystemError) -> Addresses {
        let loopback = SocketAddress(family: .ipv4, bytes: [127, 0, 0, 1], port: 0)
        for service: Service in [.echo, .page, .chat("a"), .chat("b")] {
            doors.append((try Listener(loopback, on: loop), service))
        }
        let addresses = doors.map(\.listener.address)
        return Addresses(echo: addresses[0], page: addresses[1], chat: Array(addresses[2...]))
    }

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
            for index in doors.indices {
                group.addTask { await self.acceptClients(index) }
            }
        }
    }

    /// Ends every chat with Close 1001 and takes no more; the echo and the page go on.
    package func closeChats() {
        state.rooms.close()
    }

    /// Takes no more connections and cuts those that are left.
    package func stop() {
        isStopping = true
        for door in doors { door.listener.close() }
        state.cutAll()
    }

    // MARK: -

    private func acceptClients(_ index: Int) async {
        let listener = doors[index].listener
        let waiter = Waiter(loop: loop)
        listener.socket.waiter = waiter
        await withDiscardingTaskGroup { connections in
            while !isStopping {
                switch listener.accept() {
                case .connection(let descriptor, _):
                    connections.addTask { await self.serve(descriptor, index) }
                case .none:
                    listener.socket.interest = .read
                    _ = await waiter.wait(timeout: nil)
                    listener.socket.interest = .none
                case .lost: continue
                case .exhausted: _ = await waiter.wait(timeout: Self.backOff)
                }
            }
            waiter.retire()
        }
    }

    private func serve(_ descriptor: Int32, _ index: Int) async {
        guard let socket = try? Socket(adopting: descriptor, on: loop) else { return }
        // One too many is closed: the gateway tells its client.
        guard state.connectionCount < ServiceState.maxConnections else { return socket.close() }
        let connection = ServiceConnection(socket, service: doors[index].service, state: state)
        state.add(connection)
        await connection.run()
        state.remove(connection)
    }

    private static let backOff: UInt64 = 100_000_000
}

/// What answers behind one port.
enum Service {
    case echo
    case page
    /// A chat server, by its name.
    case chat(String)
}

/// What the connections of the demo's services share: all of it lives on their one loop.
final class ServiceState {
    /// More connections than this are closed at once.
    static let maxConnections = 1000

    let loop: EventLoop
    let buffers = BufferPool(smallCapacity: 16_384)
    let rooms = ChatRooms()
    private var connections: [ObjectIdentifier: ServiceConnection] = [:]

    init(loop: EventLoop) {
        self.loop = loop
    }

    var connectionCount: Int { connections.count }

    func add(_ connection: ServiceConnection) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: ServiceConnection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    func cutAll() {
        for connection in connections.values { connection.cut() }
    }
}
