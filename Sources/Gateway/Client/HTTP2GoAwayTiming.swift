/// When a connection that takes no more requests says GOAWAY, while none is under way.
///
/// With the last answer in one record, so that a client has read both before it asks for more. But some clients that ask for
/// several things at once give up what they have read and not looked at, and what they have just asked for, when they see a
/// GOAWAY, whatever it says (httpx 0.28): they are asked first whether they have read (PING), and then have a moment to ask for
/// more, which puts the end off.
struct HTTP2GoAwayTiming {
    /// What is to be done.
    enum Step { case ping, wait, goAway }

    /// When `step` is to be asked again though nothing has come, in monotonic nanoseconds; nil while the connection does not end.
    private(set) var deadline: UInt64?
    private var isAnswered = false
    /// When several requests were last under way at once, in monotonic nanoseconds.
    private var concurrentAt: UInt64?

    /// A client that has had no two requests under way for so long, in nanoseconds, has read their answers.
    private static let recently: UInt64 = 1_000_000_000
    /// An answer to a PING is not waited for any longer, in nanoseconds: longer than a bad way there and back takes.
    private static let answerTimeout: UInt64 = 5_000_000_000
    /// How long a client that has read its answers has for its next request, in nanoseconds.
    private static let silence: UInt64 = 100_000_000

    /// A request has come, or been answered, while others are under way.
    mutating func sawConcurrency(at now: UInt64) { concurrentAt = now }

    /// Requests are under way: the end is put off.
    mutating func putOff() {
        deadline = nil
        isAnswered = false
    }

    /// - Parameter awaitsPing: has the client not answered the last PING?
    mutating func step(at now: UInt64, awaitsPing: Bool) -> Step {
        guard let end = deadline else {
            guard let concurrentAt, now &- concurrentAt < Self.recently else { return .goAway }
            deadline = now &+ Self.answerTimeout
            return .ping
        }
        if !isAnswered, !awaitsPing {
            isAnswered = true
            deadline = min(end, now &+ Self.silence)
            return .wait
        }
        guard now >= end else { return .wait }
        putOff()
        return .goAway
    }
}
