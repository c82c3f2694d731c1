import HTTP
import Messages
import Transport

/// A body whose arrival is written down.
final class ScriptedSource: BodySource {
    /// What a read comes to, or what stands in the body.
    enum Step {
        case payload(String)
        /// Nothing is there at one read.
        case blocked
        /// The body is complete.
        case finish
        /// The peer ends its side in the middle.
        case end
        case breaks
        case malformed(RefusalReason)
    }

    private var steps: [Step]
    private let sender: HTTPRefusal.Sender
    private var ready: [UInt8] = []
    var trailers = FieldSection()
    private(set) var bodyBytes: UInt64 = 0
    /// How often it was read.
    private(set) var reads = 0

    init(_ steps: [Step], from sender: HTTPRefusal.Sender = .client) {
        self.steps = steps
        self.sender = sender
    }

    func nextBody() throws(HTTPRefusal) -> BodyState {
        if !ready.isEmpty { return .ready(ready.count) }
        switch steps.first {
        case .finish: return .finished
        case .malformed(let reason): throw HTTPRefusal(reason, from: sender)
        default: return .needsBytes
        }
    }

    func read() throws(PeerError) -> BodyRead {
        reads += 1
        switch steps.first {
        case .payload(let text):
            steps.removeFirst()
            ready += Array(text.utf8)
            return .progress
        case .blocked:
            steps.removeFirst()
            return .blocked
        case .end: return .end
        case .breaks: throw .connection(.timedOut)
        case .finish, .malformed: return .progress
        case nil: return .blocked
        }
    }

    func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int {
        guard !ready.isEmpty else { return 0 }
        let lent = ready
        let count = try take(lent.span)
        ready.removeFirst(count)
        bodyBytes += UInt64(count)
        return count
    }

    var isBodyFinished: Bool {
        if case .finish = steps.first { return ready.isEmpty }
        return false
    }
}
