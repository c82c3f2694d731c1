/// What a PROXY protocol header says of a connection: whom the proxy that sends it speaks for. See HAProxy's
/// doc/proxy-protocol.txt, sections 2.1 and 2.2, from which the names come.
package struct ProxyHeader: Sendable, Equatable {
    /// The client; nil when the proxy speaks for itself (LOCAL), or for somebody that it cannot name (UNKNOWN, AF_UNSPEC).
    package var source: SocketAddress?
    /// Where the client connected to; nil where `source` is.
    package var destination: SocketAddress?
    /// What the proxy and its client agreed on by TLS; nil if the client spoke none, or nothing is said about it.
    package var tls: ClientTLS?

    /// What a field of the type PP2_TYPE_SSL says of the client's TLS.
    package struct ClientTLS: Sendable, Equatable {
        /// The version of TLS as the proxy spells it, "TLSv1.3"; empty if it is not said.
        package var version = ""
        /// The cipher suite as the proxy spells it; empty if it is not said.
        package var cipher = ""
    }

    /// What the bytes at the beginning of a connection are.
    package enum Reading: Sendable, Equatable {
        /// More has to come to tell, or to be whole.
        case incomplete
        case header(ProxyHeader, length: Int)
        /// They begin no header.
        case absent
        /// They begin one that breaks the rules: which.
        case malformed(String)
    }

    /// Bytes of the longest header that is read. One of version 1 has at most 107; of version 2 with every field that proxies are
    /// known to add some hundreds.
    package static let maxHeaderBytes = 4096

    /// Reads what has come.
    package static func read(_ bytes: Span<UInt8>) -> Reading {
        for signature in [ProxyHeaderV1.signature, ProxyHeaderV2.signature] {
            let count = min(bytes.count, signature.count)
            guard (0..<count).allSatisfy({ bytes[$0] == signature[$0] }) else { continue }
            guard count == signature.count else { return .incomplete }
            return signature == ProxyHeaderV1.signature ? ProxyHeaderV1.read(bytes) : ProxyHeaderV2.read(bytes)
        }
        return .absent
    }
}
