import Upstreams

/// A bad answer of which its server's health has not been told yet: when other servers answer the same request alike, the fault
/// is the request's, and it must not take one server out after the other.
final class UnreportedFault {
    private let server: UpstreamServer
    /// The server's group: others of it may have the same fault.
    private let group: UpstreamGroup
    /// What went wrong, without details that differ from one time to the next.
    private let kind: String
    private let reason: String
    /// When the server was asked, in monotonic nanoseconds.
    private let began: UInt64
    /// Who has sent the request, where its requests come to one server; nil: anybody.
    private let client: UInt64?
    /// Another server has failed alike.
    private var isShared = false

    init(_ server: UpstreamServer, of group: UpstreamGroup, kind: String, reason: String, began: UInt64, client: UInt64?) {
        self.server = server
        self.group = group
        self.kind = kind
        self.reason = reason
        self.began = began
        self.client = client
    }

    /// Takes a further failure of the same request in.
    /// - Returns: was it alike, so that nobody need be told of it?
    func absorbs(_ other: UnreportedFault) -> Bool {
        guard other.kind == kind else { return false }
        if other.server !== server { isShared = true }
        // Where there are fewer servers than attempts the first of them is asked again.
        return isShared
    }

    /// Tells the server's health, unless the fault is shared.
    func report(now: UInt64) {
        if !isShared { group.failed(server, kind: kind, reason: reason, began: began, client: client, now: now) }
    }
}
