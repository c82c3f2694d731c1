import HTTP
import Upstreams

/// What the access log says of one exchange.
struct AccessRecord {
    /// Monotonic nanoseconds.
    let began: UInt64
    /// False when the request was refused while it was read: its head, if there is one, holds what was read before.
    var isRequestWhole = true
    /// `other` if none could be read.
    var method = HTTP.Method.other
    var site: SitePlan?
    var route: RoutePlan?
    /// Who has proved to be one.
    var user: String?
    var server: UpstreamServer?
    /// Where that server's answers are counted; nil if nowhere.
    var serverSeries: ServerSeries?
    var attempts = 0
    /// Those of them that provably no server looked at.
    var unprocessedAttempts = 0
    /// Why a failed request was not sent again; nil if that was no question.
    var notRetried: RetryPolicy.Refusal?
    var status = 0
    /// The status of a gRPC call; nil if it is none, or has come to none.
    var grpcStatus: Int?
    var bodyBytesReceived: UInt64 = 0
    var bodyBytesSent: UInt64 = 0
    /// Nanoseconds from the head's arrival to the last byte handed to the kernel.
    var duration: UInt64 = 0
    /// Nanoseconds that it waited for a server with room; nil if it did not.
    var waitDuration: UInt64?
    /// Nanoseconds that the last connection to an upstream took, with its handshake; nil if it was there already.
    var connectDuration: UInt64?
    /// Nanoseconds to the upstream's head; nil without one.
    var upstreamDuration: UInt64?
    var failure: Failure?
    /// Nil where there are no traces.
    var trace: TraceContext?
    /// Nil until something asks for it: a variable, or a log that has it.
    var requestID: RequestID?
    /// A WebSocket handshake came to a route without `websocket = true` and went on as an ordinary request.
    var ignoredHandshake = false

    /// Attempts that count against `retry.retries`: a connection that ends takes all with it that it had not begun, and that may
    /// happen to one request a few times.
    var countedAttempts: Int { max(1, attempts - unprocessedAttempts) }

    /// The last attempt is one that provably no server looked at.
    mutating func noteUnprocessed() {
        if unprocessedAttempts < 16 { unprocessedAttempts += 1 }
    }

    @inline(__always)  // As `Exchange.init`.
    init(began: UInt64) {
        self.began = began
    }

    /// Is the answer a 5xx that its client does not owe to what it has sent: a method, a version or a coding that nobody knows,
    /// or more than it may have?
    @inline(__always)  // Else the record is copied, to be lent.
    var isFailure: Bool { status >= 500 && status != 501 && status != 505 && failure?.blame != .client }

    /// Why the exchange did not end as it should, or what its client may have missed; nil for an ordinary end.
    var reason: Reason? { failure?.reason ?? (ignoredHandshake ? .remark(.webSocketNotEnabled) : nil) }
}
