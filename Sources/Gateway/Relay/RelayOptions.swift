import HTTP
import Upstreams

/// What a relay does beyond passing bytes on; nothing, for most requests.
struct RelayOptions: ~Copyable {
    /// Keeps the request's body for another attempt.
    var replay: Replay?
    /// The statuses that are not passed on, because another attempt will be made.
    var retriedStatuses = RetryPolicy.Conditions.none
    /// What the answer gets besides the upstream's fields: see `Exchange.answerFields`.
    var answerFields = AnswerFields()

    /// What becomes of the addresses in the answer; nil: nothing.
    var reverseRewrite: ReverseRewrite?

    /// The request's trailers go on.
    var forwardsTrailers = false

    /// What the cache asks about the answer, and is told; nil: nothing is kept of it.
    var recording: CacheRecording?
    /// It is a call of gRPC's: both sides may be silent for long, and only its own deadline ends it.
    var isCall = false
    /// When a call's client has no use for its answer any more, in monotonic nanoseconds; nil: it waits.
    var deadline: UInt64?

    /// How the answer is compressed; nil: it passes as it comes.
    var compression: CompressionUse?

    /// See `CacheRecording.takes`.
    func takes(unchanged head: ResponseHead, of request: RequestHead, _ limits: PlanLimits) -> Bool {
        recording?.takes(unchanged: head, of: request, limits, reverseRewrite) == true
    }
}

/// The rules by which a request's trailers are passed on. An object, since few requests have any.
final class TrailerRules {
    private let policy: RequestFieldPolicy
    private let isTrusted: Bool

    /// - Parameter isTrusted: the client is.
    init(_ policy: RequestFieldPolicy, isTrusted: Bool) {
        self.policy = policy
        self.isTrusted = isTrusted
    }

    func kept(of trailers: FieldSection) -> FieldSection { policy.kept(ofTrailers: trailers, isTrusted: isTrusted) }
}

extension Failure {
    /// An answer that is not passed on, because another attempt may better it.
    static func declined(_ status: Int) -> Failure {
        Failure(.upstreamStatus, status: status, detail: "status \(status)", retry: .status(status))
    }
}

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
