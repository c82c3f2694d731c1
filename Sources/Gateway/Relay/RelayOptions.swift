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

extension Failure {
    /// An answer that is not passed on, because another attempt may better it.
    static func declined(_ status: Int) -> Failure {
        Failure(.upstreamStatus, status: status, detail: "status \(status)", retry: .status(status))
    }
}
