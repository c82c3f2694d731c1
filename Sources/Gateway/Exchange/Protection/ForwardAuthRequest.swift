import HTTP
import Messages
import Upstreams

/// The question that a `ForwardAuthPlan`'s server is asked about a request: its fields, and what it is for in the words that auth
/// servers know, Traefik's and nginx's.
struct ForwardAuthRequest {
    private(set) var call: Call.Request

    /// - Parameters:
    ///   - address: the believed one.
    ///   - trusted: what the site's trusted proxies say of the client; nil if the peer is none of them.
    init(_ request: RequestHead, _ plan: ForwardAuthPlan, address: IPAddress?, isTLS: Bool, trusted: TrustedClaims?) {
        call = Call.Request(.get, plan.target, authority: plan.server.authority)
        copyFields(of: request, but: plan.takenNames)
        for field in plan.fields { add(field.name, Array(field.value.utf8)) }
        let fields = request.fields
        let stated = trusted?.proto.map { range in fields.bytes[range].map { ByteClass.lowerCase($0) } }
        let proto = stated ?? Array((isTLS ? "https" : "http").utf8)
        let host = Array(fields.bytes[trusted?.host ?? request.authorityRange])
        // The path as it is routed: what an auth server says of another spelling would be about another path.
        let uri = Array(fields.bytes[request.pathAndQuery])
        let method = Array(fields.bytes[request.methodRange])
        for prefix in ["X-Forwarded-", "X-Original-"] { add(prefix + "Method", method) }
        add("X-Forwarded-Proto", proto)
        add("X-Forwarded-Host", host)
        for name in ["X-Forwarded-Uri", "X-Original-URI"] { add(name, uri) }
        add("X-Original-URL", proto + Array("://".utf8) + host + uri)
        add("X-Forwarded-For", Array((address?.text ?? "unknown").utf8))
    }

    private mutating func add(_ name: String, _ value: [UInt8]) {
        let name = Array(name.utf8)
        call.fields.append(name: name.span, value: value.span)
    }

    /// The client's fields that say who it is and what it prefers. What is about the connection, the body, another version of the
    /// answer, or claims something about the client, stays here.
    /// - Parameter taken: names of fields that are ours alone.
    private mutating func copyFields(of request: RequestHead, but taken: Set<[UInt8]>) {
        let fields = request.fields
        let named = request.connection.contains(.names) ? fields.namesForThisHop : []
        for line in fields.lines where Self.isCopied(line.known) {
            let name = Array(fields.bytes[line.name])
            let variable = name.map(ByteClass.asVariable)
            // We speak of the request in these: a server that takes the first of two fields would believe the client's.
            guard !variable.starts(with: "x-original-".utf8), !taken.contains(variable) else { continue }
            guard !named.contains(String(decoding: name, as: UTF8.self).lowercased()) else { continue }
            let value = Array(fields.bytes[line.value])
            call.fields.append(name: name.span, value: value.span)
        }
    }

    private static func isCopied(_ known: KnownField) -> Bool {
        switch known {
        case .other, .authorization, .cookie, .accept, .origin, .referer, .userAgent: true
        default: false
        }
    }
}

extension FieldSection {
    /// The names, in lower case, of the fields that `Connection` says are for this hop alone (RFC 9110 §7.6.1).
    var namesForThisHop: Set<String> {
        var names: Set<String> = []
        for line in lines where line.known == .connection {
            for name in string(of: line).split(separator: ",") {
                names.insert(name.filter { $0 != " " && $0 != "\t" }.lowercased())
            }
        }
        return names
    }
}
