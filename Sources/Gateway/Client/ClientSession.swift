import Buffers

/// What carries exchanges over a client's connection, after the version of HTTP that was agreed on.
protocol ClientSession: AnyObject {
    /// Serves the requests that have come.
    nonisolated(nonsending) func serve() async -> SessionEnding
    /// Answers a request that could not be read at all; the connection must be closed after it.
    nonisolated(nonsending) func refuse(_ failure: Failure) async
    /// When the last exchange ended, or the session began, in monotonic nanoseconds.
    var idleSince: UInt64 { get }
    /// When an idle session is next looked at if nothing comes, in monotonic nanoseconds.
    var idleDeadline: UInt64 { get }
    /// Called when `idleDeadline` has passed.
    /// - Returns: does the session stay open, until its next deadline?
    func outlivesIdleDeadline() -> Bool
    /// Has it served any request?
    var hasServed: Bool { get }
    /// Has the client sent more than was read, or may it be sending now? Then a close at once is a reset, which may cost it the
    /// last answer (RFC 9112 §9.6).
    var hasUnreadInput: Bool { get }
    /// The requests under way, for reports; without tunnels.
    /// - Parameter streams: the exchanges on streams of this session.
    func requestsUnderWay(among streams: [any StreamExchange]) -> [RequestUnderWay]
    /// The tunnels over streams of this session: none in HTTP/1, where a tunnel takes the whole connection.
    var openTunnels: [Tunnel] { get }
    /// The gateway drains: exchanges under way may end, and no other begins. Tunnels are drained by themselves.
    func drain()
    /// The connection ends in an orderly way: tells the client, where the version has words for it (GOAWAY of HTTP/2).
    func announceEnd()
    /// The session falls silent for a while: releases memory that can be allocated again.
    func releaseMemory()
    /// Releases its buffers and heads: the connection is about to close, or another session takes over.
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
    case truncated(endsWithConnection: Bool)
    /// The connection is a tunnel's now.
    case upgraded(Tunnel)
    /// The client began with the preface of HTTP/2, where it may.
    /// - Parameter begun: what has been read, from the preface on.
    case speaksHTTP2(begun: Buffer)
}
