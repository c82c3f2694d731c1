/// What a route's `path` is.
package enum RouteKind: String, Sendable, CaseIterable {
    /// A prefix of whole segments.
    case path
    /// The whole path.
    case exact
    /// The whole path, with wildcards.
    case glob
    /// A regular expression in RE2's syntax, anywhere in the path.
    case regex
}

/// `match` of a route: what must hold of a request besides its path.
package struct RouteMatch: Sendable, Hashable {
    /// Upper and lower case count; empty: any.
    package var methods: [String] = []
    /// Lower case, with `*.` for one more label; empty: any.
    package var hosts: [String] = []
    package var headers: [Condition] = []
    package var cookies: [Condition] = []
    package var query: [Condition] = []
    /// nil: any.
    package var clients: [AddressBlock]?
    /// nil: any.
    package var scheme: Scheme?

    /// What must hold of a field, of a cookie, or of a parameter of the query.
    package struct Condition: Sendable, Hashable {
        package var name: String
        package var value: Value

        /// What the value must be.
        package enum Value: Sendable, Hashable {
            case present
            case absent
            case equals(String)
        }
    }

    /// The scheme, as variables say it.
    package enum Scheme: String, Sendable, CaseIterable {
        case http, https
    }

    package init() {}

    /// Does every request fulfil it?
    package var isEmpty: Bool { self == RouteMatch() }

    /// The conditions for people: `GET POST host=a.example header X-Beta=1 from 10.0.0.0/8 over https`.
    package var summary: String {
        var parts = methods
        parts += hosts.map { "host=\($0)" }
        parts += headers.map { "header \($0.summary)" }
        parts += cookies.map { "cookie \($0.summary)" }
        parts += query.map { "query \($0.summary)" }
        if let clients { parts.append("from " + clients.map(\.description).joined(separator: ",")) }
        if let scheme { parts.append("over \(scheme.rawValue)") }
        return parts.joined(separator: " ")
    }
}

extension RouteMatch.Condition {
    /// `Name=value`, `Name`, or `!Name`.
    package var summary: String {
        switch value {
        case .present: name
        case .absent: "!\(name)"
        case .equals(let text): "\(name)=\(text)"
        }
    }
}

extension RouteMatch {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        let methods = table.strings(["methods"], orOne: true) ?? []
        for text in methods where !Self.isMethod(text.value) {
            table.reading.error(text, "\"\(text.value)\" is not a method", hint: Self.hint(forMethod: text.value))
        }
        for text in methods where text.value != text.value.uppercased() {
            table.reading.error(text, "methods are compared with their case", hint: "write \"\(text.value.uppercased())\"")
        }
        self.methods = methods.map(\.value)
        for text in table.strings(["hosts"], orOne: true) ?? [] {
            switch HostName.checkSiteName(text.value) {
            case .success(let host): hosts.append(host)
            case .failure(let fault):
                table.reading.error(text, "\"\(text.value)\" is not a host name: \(fault.reason)", hint: fault.hint)
            }
        }
        headers = Self.conditions(table.table("headers")) { $0.isFieldName($1, $2) ? $1.lowercased() : nil }
        cookies = Self.conditions(table.table("cookies")) { table, name, entry in
            if !FieldNameText.isToken(name) { table.reading.error(entry, "\"\(name)\" is not a cookie's name") }
            return name
        }
        query = Self.conditions(table.table("query")) { _, name, _ in name }
        let blocks = table.addressBlocks("clients")
        if table.has("clients") { clients = blocks }
        if table.has("clients"), table.isAbsentOrEmpty("clients") {
            table.warning(at: "clients", "is empty: no request matches, and the route takes none", hint: "list addresses")
        }
        if let text = table.string(["scheme"]) {
            scheme = Scheme(rawValue: text.value)
            if scheme == nil { table.reading.error(text, "unknown value \"\(text.value)\"; one of http, https") }
        }
        table.finish()
    }

    /// A token (RFC 9110 §9.1), and none that other programs would read as a pattern or as "not": no client sends such a one.
    private static func isMethod(_ text: String) -> Bool {
        FieldNameText.isToken(text) && !text.contains { "|*!~^".contains($0) }
    }

    private static func hint(forMethod text: String) -> String {
        if text.hasPrefix("!") || text.hasPrefix("~") { return "there is no \"not\": name the others" }
        if text == "*" { return "leave methods out: then it is all" }
        return text.contains { "|, ".contains($0) } ? "several are a list: [\"GET\", \"POST\"]" : "such as \"GET\""
    }

    /// - Parameter comparedName: the name as it is compared; nil if it is none, which is reported.
    private static func conditions(
        _ table: TableReader, comparedName: (TableReader, String, Written<TomlValue>) -> String?
    ) -> [Condition] {
        table.freeEntries().compactMap { name, entry in
            guard let name = comparedName(table, name, entry) else { return nil }
            let value: Condition.Value
            switch entry.value {
            case .boolean(let isPresent): value = isPresent ? .present : .absent
            case .string(let text): value = .equals(text)
            default:
                table.mismatch(entry, "a text, or true for \"is there\" and false for \"is not\"")
                return nil
            }
            if name.contains("*") || value == .equals("*") && !name.hasPrefix("if-") {
                warnOfPattern(table, entry)
            } else if case .equals(let text) = value, looksLikePattern(text) {
                table.reading.warning(
                    entry, "is compared whole and as it is written: values are no patterns",
                    hint: "true, without quotes, takes any value; several values are a route for each")
            }
            return Condition(name: name, value: value)
        }
    }

    /// Is a value written as a regular expression, or as Caddy's prefix or suffix? `*/*` and `text/*` are media ranges.
    private static func looksLikePattern(_ text: String) -> Bool {
        if ["~", "^", "/^", "(?"].contains(where: text.hasPrefix) || text.contains(".*") { return true }
        return text.count > 1 && (text.hasPrefix("*") || text.hasSuffix("*")) && !text.contains("/")
    }

    /// An asterisk is a character as any other in names and values, but hardly meant so; in `If-Match` it is.
    private static func warnOfPattern(_ table: TableReader, _ entry: Written<TomlValue>) {
        table.reading.warning(
            entry, "is compared as it is written: \"*\" stands for itself alone",
            hint: "true, without quotes, takes any value; for names there are no patterns")
    }
}

extension Site {
    /// Is there such a route? None is copied.
    package func hasRoute(where isMeant: (Route) -> Bool) -> Bool {
        routes.contains(where: isMeant) || proxy?.routes.contains(where: isMeant) == true
    }

    /// All routes that are written, in the order in which they are asked: the whole paths, then globs and regular expressions as
    /// the file has them, then prefixes, the longest first. Of one path the routes with conditions come first.
    package var routesInOrder: [Route] {
        let written = (proxy?.routes ?? []) + routes
        func rank(_ route: Route) -> Int { route.kind == .exact ? 0 : route.kind == .path ? 2 : 1 }
        return written.enumerated().sorted { first, second in
            let (a, b) = (first.element, second.element)
            if rank(a) != rank(b) { return rank(a) < rank(b) }
            if a.kind == .path, a.path.utf8.count != b.path.utf8.count { return a.path.utf8.count > b.path.utf8.count }
            if rank(a) != 1, a.path == b.path, a.match.isEmpty != b.match.isEmpty { return b.match.isEmpty }
            return first.offset < second.offset
        }.map(\.element)
    }
}
