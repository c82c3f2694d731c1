import HTTP
import Messages
import Transport

/// A peer that takes a body as is written down; everything at once when nothing is.
final class ScriptedSink: BodySink {
    enum Step {
        /// A write takes so many bytes.
        case takes(Int)
        /// A write or flush is blocked.
        case blocked
        case breaks
    }

    private var writes: [Step]
    private var flushes: [Step]
    private(set) var text = ""
    private(set) var isFinished = false
    private(set) var isDiscarded = false
    private(set) var sentTrailers: FieldSection?

    init(writes: [Step] = [], flushes: [Step] = []) {
        self.writes = writes
        self.flushes = flushes
    }

    var bodyBytes: UInt64 { UInt64(text.utf8.count) }

    func write(_ payload: Span<UInt8>) throws(PeerError) -> Int {
        switch writes.isEmpty ? nil : writes.removeFirst() {
        case .blocked: return 0
        case .breaks: throw .connection(.timedOut)
        case .takes(let limit): return take(payload.extracting(first: min(limit, payload.count)))
        case nil: return take(payload)
        }
    }

    private func take(_ payload: Span<UInt8>) -> Int {
        text += String(decoding: payload.indices.map { payload[$0] }, as: UTF8.self)
        return payload.count
    }

    func finish(trailers: FieldSection?) {
        isFinished = true
        sentTrailers = trailers
    }

    func flush() throws(PeerError) -> Bool {
        switch flushes.isEmpty ? nil : flushes.removeFirst() {
        case .blocked: return false
        case .breaks: throw .connection(.timedOut)
        case .takes, nil: return true
        }
    }

    func discard() { isDiscarded = true }
}
