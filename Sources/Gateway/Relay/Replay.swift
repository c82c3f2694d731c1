import HTTP

/// The body of a request as far as it was sent, for another attempt; no more than a limit is kept.
final class Replay {
    private let limit: Int
    /// All of it, if it was taken before anything was sent.
    let stored: StoredBody?
    private(set) var bytes: [UInt8] = []
    /// False once the body has outgrown the limit: then nothing is kept.
    private(set) var isWhole = true

    init(limit: Int) {
        self.limit = limit
        stored = nil
    }

    init(stored: StoredBody) {
        limit = 0
        self.stored = stored
    }

    var count: Int { stored?.count ?? bytes.count }

    func append(_ payload: Span<UInt8>) {
        guard isWhole else { return }
        guard payload.count <= limit - bytes.count else {
            isWhole = false
            bytes = []
            return
        }
        bytes.append(payload)
    }

    /// Forgets what was not sent after all: it comes again.
    func cut(to count: Int) {
        if isWhole { bytes.removeLast(max(0, bytes.count - count)) }
    }
}
