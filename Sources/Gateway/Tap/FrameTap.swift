import EventLoop
import HTTP
import WebSocket

/// Shows the headers of the frames that pass in one direction of a tunnel: opcode, length, whether it is the last of its message.
/// Payloads are not looked at.
final class FrameTap {
    let own: WorkerTap
    private let connection: String
    /// `in`: from the client.
    private let direction: String
    private let every: Int
    /// It reads from a place on where no frame was open.
    private var isInStep = false
    private var reader = FrameHeaderReader()
    private var payloadLeft: UInt64 = 0
    private var seen = 0

    /// - Parameter connection: the identifier of the client's.
    init(_ own: WorkerTap, connection: String, direction: String) {
        self.own = own
        self.connection = connection
        self.direction = direction
        every = max(1, own.tap.frames?.every ?? 1)
    }

    /// - Parameters:
    ///   - bytes: that follow those of the call before.
    ///   - isAtBoundary: was no frame open before them?
    func read(_ bytes: Span<UInt8>, isAtBoundary: Bool) {
        guard !own.isOver else { return }
        if isAtBoundary { isInStep = true }
        guard isInStep else { return }
        var position = 0
        while position < bytes.count {
            let passing = min(payloadLeft, UInt64(bytes.count - position))
            payloadLeft -= passing
            position += Int(passing)
            guard position < bytes.count, let header = reader.read(bytes, at: &position) else { return }
            payloadLeft = header.payloadLength
            seen &+= 1
            if every == 1 || seen % every == 1 { show(header) }
        }
    }

    private func show(_ header: FrameHeader) {
        own.show {
            var object = JSONObject()
            object.add("time", time: realtimeNanoseconds())
            object.add("connection", connection)
            object.add("direction", direction)
            object.add("frame", seen)
            object.add("opcode", header.opcode.word)
            object.add("fin", header.fin)
            object.add("length", header.payloadLength)
            object.add("masked", header.isMasked)
            object.add("rsv", Int(header.reservedBits.rawValue >> 4))
            return object
        }
    }
}

extension Opcode {
    /// The opcode's name in RFC 6455 §5.2.
    fileprivate var word: String {
        switch self {
        case .continuation: "continuation"
        case .text: "text"
        case .binary: "binary"
        case .close: "close"
        case .ping: "ping"
        case .pong: "pong"
        default: "reserved"
        }
    }
}

extension WorkerResources {
    /// Makes a tap show what it asks for from now on.
    func begin(_ tap: Tap) {
        let own = WorkerTap(tap, worker: number)
        taps.append(own)
        guard let frames = tap.frames else { return }
        let routes = generation.plan.tunnelRoutes(of: tap.filter)
        for connection in connections.all {
            let name = "\(number)-\(connection.number)"
            guard frames.connection == nil || frames.connection == name else { continue }
            if let client = tap.filter.client {
                guard let address = connection.endpoint.address, client.contains(address) else { continue }
            }
            connection.forEachTunnel { tunnel in
                if routes.contains(ObjectIdentifier(tunnel.route)) { tunnel.show(own, as: name) }
            }
        }
    }

    func end(_ tap: Tap) {
        taps.removeAll { own in
            guard own.tap === tap else { return false }
            own.end()
            return true
        }
        guard tap.frames != nil else { return }
        for connection in connections.all { connection.forEachTunnel { $0.showNothing(of: tap) } }
    }
}

extension Plan {
    /// What the tunnels of these routes are counted by.
    fileprivate func tunnelRoutes(of filter: TapFilter) -> Set<ObjectIdentifier> {
        var found: Set<ObjectIdentifier> = []
        for site in listeners.lazy.flatMap(\.sites) where filter.site == nil || filter.site == site.name {
            for route in site.routes where filter.route == nil || filter.route == route.text {
                if let proxied = route.proxied, proxied.takesWebSocket { found.insert(ObjectIdentifier(proxied.tunnelCount)) }
            }
        }
        return found
    }
}
