import HTTP

/// Values of a request's fields that are nobody's business but the client's and its server's.
enum SecretFields {
    /// What stands in place of what is left out.
    static let mark = Array("***".utf8)

    /// Names, or parts of them, of fields that prove who somebody is.
    private static let parts = [
        "authorization", "cookie", "token", "secret", "password", "passwd", "api-key", "apikey", "session", "credential",
        "signature",
    ]
    private static let names: Set = [
        "client-cert", "client-cert-chain", "x-forwarded-client-cert", "x-amz-security-token", "x-csrf",
        "x-xsrf", "dpop", "x-auth", "x-goog-iap-jwt-assertion", "cf-access-jwt-assertion",
    ]
    /// Names that end with `-key` and are no secret: the first only keeps caches from answering (RFC 6455 §1.3), and without it
    /// nothing is repeated; the second tells one attempt from another.
    private static let noKeys: Set = ["sec-websocket-key", "idempotency-key"]

    /// The value with `***` in place of what is secret in it.
    /// - Parameter redaction: of a query, in fields that hold an address.
    static func shown(
        _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ redaction: QueryRedaction
    ) -> [UInt8] {
        let lower = String(decoding: name, as: UTF8.self).lowercased()
        if noKeys.contains(lower) { return Array(value) }
        if lower == "referer" || lower == "origin" { return Array(redaction.redacted(value)) }
        if lower == "sec-websocket-protocol" { return subprotocols(value) }
        guard names.contains(lower) || lower.hasSuffix("-key") || parts.contains(where: { lower.contains($0) }) else {
            return Array(value)
        }
        guard lower.hasSuffix("authorization"), let blank = value.firstIndex(of: 0x20),
            value[..<blank].allSatisfy(ByteClass.isToken)
        else { return mark }
        // The scheme tells what is asked for, and is no secret (RFC 9110 §11.4).
        return Array(value[...blank]) + mark
    }

    /// Names of subprotocols, among which pages put tokens: they can set no other field of a handshake's.
    private static func subprotocols(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let members = value.split(separator: UInt8(ascii: ",")).map { part -> [UInt8] in
            let member = part.filter { $0 != 0x20 && $0 != 0x09 }
            let lower = String(decoding: member, as: UTF8.self).lowercased()
            // What is longer than any name that is registered is none.
            let isSecret = member.count > 40 || lower.contains("bearer") || parts.contains(where: { lower.contains($0) })
            return isSecret ? mark : member
        }
        return Array(members.joined(separator: Array(", ".utf8)))
    }
}
