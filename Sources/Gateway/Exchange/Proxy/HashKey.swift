import HTTP
import Transport
import Upstreams

/// What a request is hashed by, where its group's method is `hash`.
extension Exchange {
    mutating func key(_ source: HashSource) -> UInt64 { source.key(of: client.request) { clientAddress } }

    /// The client that the site believes in: behind trusted proxies, the one they name.
    private var clientAddress: String {
        let believed = record.site.flatMap { endpoint.clientAddress(of: client.request, for: $0) }
        return believed?.text ?? endpoint.peer.host
    }
}

extension HashSource {
    /// - Parameter client: the address; asked only where the source is that.
    func key(of head: RequestHead, client: () -> String) -> UInt64 {
        switch self {
        case .client: return HashSource.key(client().utf8)
        case .path: return HashSource.key(head.fields.bytes, head.path)
        case .header(let name):
            guard let line = head.fields.line(named: name) else { return 0 }
            return HashSource.key(head.fields.bytes, line.value)
        case .cookie(let name):
            guard let value = CookieValue.find(name, in: head.fields) else { return 0 }
            return HashSource.key(head.fields.bytes, value)
        }
    }
}

extension FieldSection {
    /// The first line of a field that has no word of its own in `KnownField`, or has.
    /// - Parameter name: lower case.
    func line(named name: String) -> FieldLine? {
        let wanted = name.utf8
        return lines.first { line in
            line.name.count == wanted.count
                && zip(bytes[line.name], wanted).allSatisfy { (65...90 ~= $0 ? $0 | 0x20 : $0) == $1 }
        }
    }
}
