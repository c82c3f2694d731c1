import Glibc
import TLS

/// What the upstream answers to one request.
struct Script: Sendable {
    enum Moment: Sendable {
        /// When the head is in: an early answer.
        case head
        /// When the whole request is in.
        case request
    }

    enum Ending: Sendable {
        case keep
        /// FIN, and over TLS close_notify before it.
        case close
        /// Over TLS: FIN without close_notify. Plain: a reset.
        case cut
    }

    var bytes: [UInt8]
    var moment = Moment.request
    var ending = Ending.keep
    /// Each byte in a TLS record of its own.
    var byteByByte = false
    /// Another place where a record ends.
    var cutAt: Int?

    init(_ text: String, at moment: Moment = .request, then ending: Ending = .keep) {
        bytes = Array(text.utf8)
        self.moment = moment
        self.ending = ending
    }

    static let ok = Script("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
}

/// Records exactly what comes upstream, on a plain and on a TLS port, and answers by script.
final class RecordingUpstream {
    private final class Connection {
        let peer: Peer
        let number: Int
        var reader = RequestReader()
        var hasAnsweredHead = false
        var endsAfterSending: Script.Ending = .keep

        init(_ peer: Peer, number: Int) {
            self.peer = peer
            self.number = number
        }
    }

    let plainPort: UInt16
    let securePort: UInt16
    private let plainListener: Int32
    private let secureListener: Int32
    private let names: TLSServerNames
    private var connections: [Connection] = []
    private var scripts: [Script] = []
    private var answered = 0
    private var opened = 0
    /// The complete requests of this case.
    private var complete: [SeenRequest] = []
    /// What came that no gateway may send.
    private(set) var violations: [String] = []
    /// Connections that Gatehouse has ended, and how.
    private(set) var endings: [Peer.Ending] = []
    var reads = true {
        didSet { for connection in connections { connection.peer.reads = reads } }
    }

    init(certificates: String) throws {
        (plainListener, plainPort) = try Descriptor.listen()
        (secureListener, securePort) = try Descriptor.listen()
        let context = try TLSServerContext(
            certificateFile: "\(certificates)/localhost.crt", keyFile: "\(certificates)/localhost.key")
        names = TLSServerNames([:], fallback: context)
    }

    deinit {
        close(plainListener)
        close(secureListener)
    }

    /// A new case: the first request gets the first script, and so on; the last script holds for all that follow.
    func begin(_ scripts: [Script]) {
        self.scripts = scripts
        answered = 0
        opened = 0
        complete = []
        violations = []
        endings = []
        // What is left of earlier cases must not be mistaken for this one's.
        for connection in connections { connection.peer.close() }
        connections = []
    }

    /// What has come upstream in this case: complete requests, then those that are not.
    var seen: [SeenRequest] {
        complete
            + connections.filter { $0.reader.hasBegun }.map {
                var cut = $0.reader.current
                cut.connection = $0.number
                return cut
            }
    }

    /// For poll(2).
    var interests: [(Int32, Int16)] {
        [(plainListener, Int16(POLLIN)), (secureListener, Int16(POLLIN))] + connections.compactMap(\.peer.interest)
    }

    /// Accepts, reads, answers: all that can be done without waiting.
    func step() {
        while let descriptor = Descriptor.accept(plainListener) { open(Peer(descriptor)) }
        while let descriptor = Descriptor.accept(secureListener) {
            guard let session = try? TLSSession(accepting: descriptor, names: names) else { continue }
            open(Peer(descriptor, tls: session))
        }
        for connection in connections { step(connection) }
        connections.removeAll { connection in
            guard connection.reader.hasBegun || connection.peer.ending == nil else { return true }
            return false
        }
    }

    private func open(_ peer: Peer) {
        opened += 1
        peer.reads = reads
        connections.append(Connection(peer, number: opened))
    }

    private func step(_ connection: Connection) {
        guard connection.peer.ending == nil else { return }
        connection.peer.step()
        // Sending may read as well: what it has read must not lie until the next event.
        repeat {
            take(connection)
            connection.peer.step()
        } while connection.peer.hasReceived
        if let ending = connection.peer.ending { endings.append(ending) }
        guard connection.peer.hasSentAll else { return }
        switch connection.endsAfterSending {
        case .keep: return
        case .close: connection.peer.close()
        case .cut: connection.peer.closeWithoutNotice()
        }
        connection.endsAfterSending = .keep
    }

    /// Records what has come, and answers what is due.
    private func take(_ connection: Connection) {
        do {
            for var request in try connection.reader.add(connection.peer.takeReceived()) {
                request.connection = connection.number
                complete.append(request)
                if connection.hasAnsweredHead { connection.hasAnsweredHead = false } else { answer(connection) }
            }
        } catch {
            violations.append("\(error)")
        }
        let hasHead = !connection.reader.current.head.isEmpty
        if hasHead, !connection.hasAnsweredHead, nextScript.moment == .head {
            connection.hasAnsweredHead = true
            answer(connection)
        }
    }

    private var nextScript: Script { scripts[min(answered, scripts.count - 1)] }

    private func answer(_ connection: Connection) {
        let script = nextScript
        answered += 1
        if script.byteByByte {
            for byte in script.bytes { connection.peer.send([byte]) }
        } else if let cut = script.cutAt {
            connection.peer.send(Array(script.bytes[..<cut]))
            connection.peer.send(Array(script.bytes[cut...]))
        } else {
            connection.peer.send(script.bytes)
        }
        connection.endsAfterSending = script.ending
    }
}
