package import Expressions
package import HTTP

/// Which exchanges somebody wants to see. What is not asked for takes all.
package struct TapFilter: Sendable {
    /// Its name.
    package var site: String?
    /// The route, as the configuration writes its path.
    package var route: String?
    /// The statuses of answers that are shown.
    package var status: ClosedRange<Int>?
    /// Who the site believes to ask.
    package var client: CIDR?
    package var method: String?
    /// What the whole normalised path must match.
    package var path: RegularExpression?

    package init() {}

    /// What of a filter cannot be understood, in words for who wrote it.
    package struct Flaw: Error, Equatable {
        package let reason: String
    }

    /// Sets what a name stands for: `site`, `route`, `status` (`503`, `5xx` or `400-499`), `client` (an address or a block),
    /// `method`, `path` (a glob, as of a route).
    /// - Returns: false if there is no such name.
    package mutating func set(_ name: String, to value: String) throws(Flaw) -> Bool {
        switch name {
        case "site": site = value
        case "route": route = value
        case "method":
            // RFC 9110 §9.1
            guard !value.isEmpty, value.utf8.allSatisfy(ByteClass.isToken) else { throw Flaw(reason: "method is to be as GET.") }
            method = value
        case "status":
            guard let range = Self.statuses(value) else { throw Flaw(reason: "status is to be as 503, 5xx or 400-499.") }
            status = range
        case "client":
            guard let block = CIDR(value) else { throw Flaw(reason: "client is to be an address or a block, as 192.0.2.0/24.") }
            client = block
        case "path":
            do throws(RegularExpression.Fault) {
                path = try Glob.expression(value)
            } catch {
                throw Flaw(reason: "path \(error.reason).")
            }
        default: return false
        }
        return true
    }

    private static func statuses(_ text: String) -> ClosedRange<Int>? {
        if text.utf8.count == 3, text.hasSuffix("xx"), let hundred = Int(text.prefix(1)), (1...5).contains(hundred) {
            return hundred * 100...hundred * 100 + 99
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends.last ?? nil, (100...599).contains(first),
            (first...599).contains(last)
        else { return nil }
        return first...last
    }

    /// Is it an exchange that is to be seen?
    func takes(_ record: borrowing AccessRecord, _ request: RequestHead?, client address: IPAddress?) -> Bool {
        if let site, record.site?.name != site { return false }
        if let route, record.route?.text != route { return false }
        if let status, !status.contains(record.status) { return false }
        if let client {
            guard let address, client.contains(address) else { return false }
        }
        guard method != nil || path != nil else { return true }
        guard let request else { return false }
        if let method, request.methodText != method { return false }
        if let path, path.match(Array(request.fields.bytes[request.path])) == nil { return false }
        return true
    }
}
