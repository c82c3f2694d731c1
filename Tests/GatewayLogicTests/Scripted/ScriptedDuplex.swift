import Buffers
import EventLoop
import Messages
import Transport

/// A peer of a tunnel whose bytes come as is written down.
final class ScriptedDuplex: Duplex {
    enum Step {
        case bytes([UInt8])
        case end
        case breaks
    }

    private var arriving: [Step]
    /// How many bytes each send takes; everything when nothing is left. 0: blocked.
    var takes: [Int] = []
    /// What it wants to be offered again after a blocked send, as TLS does.
    var record = 0
    private(set) var sent: [UInt8] = []
    private(set) var hasShutDown = false
    private(set) var isBroken = false
    private(set) var watched = (reading: false, writing: false)
    var breaksAtSend = false

    init(_ arriving: [Step] = []) {
        self.arriving = arriving
    }

    /// More comes.
    func arrive(_ steps: [Step]) { arriving += steps }

    var mayReceive: Bool { !arriving.isEmpty }

    func receive(into buffer: Buffer) throws(PeerError) -> ReadOutcome {
        switch arriving.first {
        case .bytes(let bytes):
            arriving.removeFirst()
            buffer.append(bytes.span)
            return .bytes(bytes.count)
        case .end: return .end
        case .breaks: throw .connection(.timedOut)
        case nil: return .blocked
        }
    }

    func send(_ buffer: Buffer, atMost limit: Int) throws(PeerError) -> Int {
        if breaksAtSend { throw .connection(.timedOut) }
        let count = min(limit, buffer.count, takes.isEmpty ? .max : takes.removeFirst())
        buffer.withBytes { bytes in for index in 0..<count { sent.append(bytes[index]) } }
        buffer.consume(count)
        return count
    }

    func send(_ span: Span<UInt8>) throws(PeerError) -> Int {
        if breaksAtSend { throw .connection(.timedOut) }
        let count = min(span.count, takes.isEmpty ? .max : takes.removeFirst())
        for index in 0..<count { sent.append(span[index]) }
        return count
    }

    func owed(of count: Int) -> Int { min(count, record) }
    var hasUnsent: Bool { false }
    func sendRest() throws(PeerError) -> Bool { true }
    func attach(to waiter: Waiter) {}
    func watch(reading: Bool, writing: Bool) { watched = (reading, writing) }
    func shutdownWrite() { hasShutDown = true }
    func breakOff() { isBroken = true }
    func releaseMemory() {}
}
