import Configuration
import HTTP
import Upstreams

/// What must hold of a request besides its path.
struct RouteConditions: Sendable {
    private let methods: [[UInt8]]
    private let hosts: [String]
    private let headers: [RouteMatch.Condition]
    private let cookies: [RouteMatch.Condition]
    private let query: [RouteMatch.Condition]
    private let clients: AddressSet?
    private let scheme: [UInt8]?

    /// nil if every request fulfils them.
    init?(_ match: RouteMatch) {
        guard !match.isEmpty else { return nil }
        methods = match.methods.map { Array($0.utf8) }
        hosts = match.hosts
        headers = match.headers
        cookies = match.cookies
        query = match.query
        clients = match.clients.map { AddressSet($0) }
        scheme = match.scheme.map { Array($0.rawValue.utf8) }
    }

    /// - Parameter origin: who sends the request; asked only where a condition is about it.
    func hold(for request: RequestHead, from origin: () -> RequestOrigin) -> Bool {
        let bytes = request.fields.bytes
        if !methods.isEmpty, !methods.contains(where: { $0.elementsEqual(bytes[request.methodRange]) }) { return false }
        if !hosts.isEmpty, !isHost(request.lowercasedHost) { return false }
        for condition in headers where !holds(condition, Self.values(of: condition.name, in: request.fields)) { return false }
        for condition in cookies where !holds(condition, Self.cookie(condition.name, in: request.fields)) { return false }
        for condition in query where !holds(condition, Self.parameters(condition.name, bytes[request.query])) { return false }
        guard clients != nil || scheme != nil else { return true }
        let origin = origin()
        if let clients { guard let address = origin.address, clients.contains(address) else { return false } }
        if let scheme, scheme != origin.scheme { return false }
        return true
    }

    /// The first condition that does not hold, in words for people; nil if all hold.
    func failure(for request: RequestHead, from origin: () -> RequestOrigin) -> String? {
        let bytes = request.fields.bytes
        if !methods.isEmpty, !methods.contains(where: { $0.elementsEqual(bytes[request.methodRange]) }) {
            return "its methods: \(methods.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ", "))"
        }
        if !hosts.isEmpty, !isHost(request.lowercasedHost) { return "its hosts: \(hosts.joined(separator: ", "))" }
        for condition in headers where !holds(condition, Self.values(of: condition.name, in: request.fields)) {
            return "its header \(condition.summary)"
        }
        for condition in cookies where !holds(condition, Self.cookie(condition.name, in: request.fields)) {
            return "its cookie \(condition.summary)"
        }
        for condition in query where !holds(condition, Self.parameters(condition.name, bytes[request.query])) {
            return "its parameter \(condition.summary) of the query"
        }
        if hold(for: request, from: origin) { return nil }
        let origin = origin()
        if let scheme, scheme != origin.scheme { return "its scheme: \(String(decoding: scheme, as: UTF8.self))" }
        return "its clients: the request comes from \(origin.address?.text ?? "no address")"
    }

    private func isHost(_ host: String) -> Bool {
        hosts.contains { name in
            if name == host { return true }
            guard name.hasPrefix("*."), let dot = host.firstIndex(of: ".") else { return false }
            return host[dot...] == name.dropFirst()
        }
    }

    /// Several lines of a field are no value, so that nobody hides one behind another.
    private func holds(_ condition: RouteMatch.Condition, _ values: [ArraySlice<UInt8>]) -> Bool {
        switch condition.value {
        case .present: !values.isEmpty
        case .absent: values.isEmpty
        case .equals(let text): values.count == 1 && values[0].elementsEqual(text.utf8)
        }
    }

    /// - Parameter name: lower case.
    private static func values(of name: String, in fields: FieldSection) -> [ArraySlice<UInt8>] {
        let wanted = Array(name.utf8)
        return fields.lines.compactMap { line in
            line.name.count == wanted.count
                && fields.bytes[line.name].elementsEqual(wanted) { ByteClass.lowerCase($0) == $1 }
                ? fields.bytes[line.value] : nil
        }
    }

    /// Of several of one name the first, as everywhere.
    private static func cookie(_ name: String, in fields: FieldSection) -> [ArraySlice<UInt8>] {
        CookieValue.find(name, in: fields).map { [fields.bytes[$0]] } ?? []
    }

    /// Names and values as the URL writes them, pairs being parted by `&`; one without `=` has an empty value.
    private static func parameters(_ name: String, _ query: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        query.dropFirst().split(separator: UInt8(ascii: "&")).compactMap { pair in
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard pair[..<equals].elementsEqual(name.utf8) else { return nil }
            return equals == pair.endIndex ? pair[equals...] : pair[(equals + 1)...]
        }
    }
}

/// Who sends a request, as far as is believed.
struct RequestOrigin {
    /// nil: a Unix socket.
    var address: IPAddress?
    /// `http` or `https`.
    var scheme: [UInt8]
}
