/// Is the server of a connection still there? A value without a clock: who asks says what time it is.
///
/// A server that is silent while answers are awaited is sent one PING, another one for a request that begins after its answer,
/// and then none until it has sent something else, or `longPause` has passed: there are servers that end connections on which
/// they are asked more often (gRPC's, by default, when that happens three times in five minutes without a frame of their own in
/// between).
struct HTTP2Liveness {
    /// What is to be done.
    enum Step: Equatable {
        case nothing, ping
        /// No exchange begins on it until the server has spoken.
        case suspect
        /// It is given up.
        case giveUp
    }

    static let longPause: UInt64 = 300_000_000_000
    /// PINGs that go without that pause: clients may give up one request after the other that the server takes long for.
    private static let maxPings = 2

    /// Nanoseconds of silence after which a PING goes; 0: never.
    private let silence: UInt64
    /// Nanoseconds for which its answer is awaited; after half of them the connection is suspect.
    private let timeout: UInt64
    /// When anything last came, in monotonic nanoseconds.
    private var heardAt: UInt64
    /// When the first request was sent to which nothing has come since, over a connection that carried none; nil: there is none.
    private var askedAt: UInt64?
    /// When the PING went that has had no answer, or whose answer was all that came since.
    private var pingedAt: UInt64?
    private var awaitsAnswer = false
    /// PINGs that went since the server has said anything but their answers.
    private var pings = 0
    private(set) var isSuspect = false

    init(silence: UInt64, timeout: UInt64, now: UInt64) {
        self.silence = silence
        self.timeout = timeout
        heardAt = now
    }

    /// Notes that the server has sent something: a whole frame. Of one that never ends nothing can be awaited.
    mutating func heard(at now: UInt64) {
        // What comes first may be no more than the PING's answer.
        if !awaitsAnswer { (pingedAt, pings) = (nil, 0) }
        awaitsAnswer = false
        isSuspect = false
        heardAt = now
        askedAt = nil
    }

    /// A request goes over it, which carries no other. That it was silent while nothing was asked says nothing; that it has been
    /// since an earlier request does, also where whoever sent that one did not wait for long.
    mutating func asked(at now: UInt64) {
        if !awaitsAnswer, pings < Self.maxPings { pingedAt = nil }
        askedAt = askedAt ?? now
    }

    /// - Parameter isAwaited: are answers to requests? That of a PING is awaited until it comes, though they may be no more.
    mutating func step(isAwaited: Bool, now: UInt64) -> Step {
        guard isAwaited || awaitsAnswer, silence > 0 else { return .nothing }
        guard awaitsAnswer, let pingedAt else {
            guard now &- (askedAt ?? heardAt) >= silence else { return .nothing }
            guard self.pingedAt.map({ now &- $0 >= Self.longPause }) ?? true else { return .nothing }
            self.pingedAt = now
            pings += 1
            awaitsAnswer = true
            return .ping
        }
        guard now &- pingedAt >= timeout / 2 else { return .nothing }
        isSuspect = true
        return now &- pingedAt >= timeout ? .giveUp : .suspect
    }
}
