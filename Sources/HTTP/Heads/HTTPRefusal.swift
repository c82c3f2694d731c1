/// Why a message was refused: what the peer sent that we do not accept, and the status that says so.
package struct HTTPRefusal: Error, Hashable, Sendable {
    /// The status of the answer to the client: the reason's own when the client is to blame, 502 when the upstream is.
    package let status: Int
    package let reason: RefusalReason
    /// Who sent the offending bytes.
    package let sender: Sender
    /// What the bytes are instead, where that is plain to see: a server is spoken to in the wrong protocol.
    package let foreignProtocol: ForeignProtocol?

    /// What a server speaks that is taken for one of plain HTTP/1.
    package enum ForeignProtocol: String, Sendable {
        case http2 = "the server speaks HTTP/2: write h2c:// in its URL, or http_version = \"2\""
        case tls = "the server speaks TLS: write https:// in its URL"
    }

    /// The side a message comes from.
    package enum Sender: Sendable {
        case client, upstream
    }

    @inline(never)
    package init(_ reason: RefusalReason, from sender: Sender = .client, foreignProtocol: ForeignProtocol? = nil) {
        self.reason = reason
        self.sender = sender
        self.foreignProtocol = foreignProtocol
        status = sender == .client ? reason.status : 502
    }

    /// The stable word for logs and `Proxy-Status`: the reason's code, with `upstream_` in front when the upstream sent it.
    package var code: String { sender == .client ? reason.rawValue : "upstream_" + reason.rawValue }
}
