import Buffers

/// What carries exchanges over a client's connection, after the version of HTTP that was agreed on.
protocol ClientSession: AnyObject {
    /// Serves the requests that have come.
    nonisolated(nonsending) func serve() async -> SessionEnding
    /// Answers what could not be read at all; the connection is then to be closed.
    nonisolated(nonsending) func refuse(_ failure: Failure) async
    /// When the last exchange ended, or the session began, in monotonic nanoseconds.
    var idleSince: UInt64 { get }
    /// When to look at it if nothing comes while it is idle, in monotonic nanoseconds: at its end, or before.
    var idleDeadline: UInt64 { get }
    /// That deadline has passed.
    /// - Returns: does it stay, for another?
    func outlivesIdleDeadline() -> Bool
    /// Has it served any request?
    var hasServed: Bool { get }
    /// Has the client sent more than was read, or may it be sending now? Then closing at once could cost it what it was told.
    var hasUnreadInput: Bool { get }
    /// For reports: tunnels are not among them.
    /// - Parameter streams: the exchanges on streams of this session.
    func requestsUnderWay(among streams: [any StreamExchange]) -> [RequestUnderWay]
    /// Those over some of its streams.
    var openTunnels: [Tunnel] { get }
    /// The gateway drains: an exchange under way may end, and no other begins. Tunnels are told by themselves.
    func drain()
    /// The connection ends in an orderly way: what there is to say about that is said.
    func leave()
    /// It will be silent for a while: memory that can be had again is given back.
    func releaseMemory()
    /// Gives up what it holds.
    func discard()
}

/// How a session's turn ended.
enum SessionEnding {
    /// No exchange is under way, and no byte of another request has come.
    case idle
    /// The last exchange is over, in an orderly way.
    case last
    /// The connection broke, or must break visibly: an answer has been cut.
    case cut
    /// An answer has come to an early end, and all that there was of it is with the kernel: it must arrive, and its end be seen.
    /// - Parameter endsWithConnection: nothing but the connection's end tells the client that it has the whole.
    case short(endsWithConnection: Bool)
    /// The connection is a tunnel's now.
    case upgraded(Tunnel)
    /// The client began with the preface of HTTP/2, where it may.
    /// - Parameter begun: what has been read, from the preface on.
    case speaksHTTP2(begun: Buffer)
}
