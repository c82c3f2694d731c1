import HTTP
import Protection

/// One rate limit.
final class RateLimitPlan: Sendable {
    let limit: RateLimit
    /// What clients have used of it; in every plan the same.
    let table: RateTable
    let clients: ClientKey
    let whitelist: AddressSet
    let blacklist: AddressSet
    /// Do all answers say what is left?
    let announces: Bool
    /// The configuration's table.
    let key: String
    /// The name of the limit in `RateLimit` and `RateLimit-Policy`.
    let name: StaticString
    /// Nil: it counts here alone.
    let shared: SharedLimit?

    init(
        _ limit: RateLimit, table: RateTable, shared: SharedLimit?, clients: ClientKey, whitelist: AddressSet,
        blacklist: AddressSet, announces: Bool, key: String, name: StaticString
    ) {
        self.limit = limit
        self.table = table
        self.clients = clients
        self.whitelist = whitelist
        self.blacklist = blacklist
        self.announces = announces
        self.key = key
        self.name = name
        self.shared = shared
    }

    /// What an answer says of it (draft-ietf-httpapi-ratelimit-headers-10): the quota is the burst, and the window the time in
    /// which all of it comes back.
    /// - Parameters:
    ///   - remaining: requests that could come at once.
    ///   - wait: nanoseconds until there will be more.
    func fields(remaining: UInt64, wait: UInt64) -> AnswerFields {
        var fields = AnswerFields()
        fields.reserve(96)
        fields.append("RateLimit-Policy") { value in
            appendName(to: &value)
            value.append(contentsOf: ";q=".utf8)
            value.append(decimal: limit.burst)
            value.append(contentsOf: ";w=".utf8)
            value.append(decimal: Self.seconds(limit.interval.multipliedReportingOverflow(by: limit.burst).partialValue))
        }
        fields.append("RateLimit") { value in
            appendName(to: &value)
            value.append(contentsOf: ";r=".utf8)
            value.append(decimal: remaining)
            value.append(contentsOf: ";t=".utf8)
            value.append(decimal: Self.seconds(wait))
        }
        return fields
    }

    /// Whole seconds, never fewer than there are, and at least one.
    static func seconds(_ nanoseconds: UInt64) -> UInt64 { max(1, (nanoseconds + 999_999_999) / 1_000_000_000) }

    private func appendName(to value: inout [UInt8]) {
        value.append(0x22)
        value.append(name)
        value.append(0x22)
    }
}
