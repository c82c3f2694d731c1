/// Why a message was refused: what the peer sent that we do not accept, and the status that says so.
package struct HTTPRefusal: Error, Hashable, Sendable {
    /// The status of the answer to the client: the reason's own when the client is to blame, 502 when the upstream is.
    package let status: Int
    package let reason: RefusalReason
    /// Who sent the offending bytes.
    package let sender: Sender

    /// The side a message comes from.
    package enum Sender: Sendable {
        case client, upstream
    }

    @inline(never)
    package init(_ reason: RefusalReason, from sender: Sender = .client) {
        self.reason = reason
        self.sender = sender
        status = sender == .client ? reason.status : 502
    }

    /// The stable word for logs and `Proxy-Status`: the reason's code, with `upstream_` in front when the upstream sent it.
    package var code: String { sender == .client ? reason.rawValue : "upstream_" + reason.rawValue }
}
