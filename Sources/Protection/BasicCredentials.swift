/// A user's name and password as a client sends them (RFC 7617 §2).
package struct BasicCredentials: Sendable, Equatable {
    package let user: [UInt8]
    package let password: [UInt8]

    /// - Parameter value: of the one `Authorization` field.
    /// - Returns: nil if it is of another scheme, or malformed.
    package init?(_ value: Span<UInt8>) {
        guard let token = Self.token(value, scheme: "basic"),
            let text = Base64Text.decode(value.extracting(token), .standard),
            let colon = text.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        user = Array(text[..<colon])
        password = Array(text[(colon + 1)...])
    }

    /// Where what follows the scheme's name is (RFC 9110 §11.4: in any case, and a space behind it).
    static func token(_ value: Span<UInt8>, scheme: StaticString) -> Range<Int>? {
        let count = scheme.utf8CodeUnitCount
        guard value.count > count, value[count] == UInt8(ascii: " ") else { return nil }
        var index = 0
        for byte in scheme.description.utf8 {
            guard value[index] | 0x20 == byte else { return nil }
            index += 1
        }
        while index < value.count, value[index] == UInt8(ascii: " ") { index += 1 }
        return index..<value.count
    }
}

/// A token as a client sends it (RFC 6750 §2.1).
package enum BearerToken {
    /// - Parameter value: of the one `Authorization` field.
    /// - Returns: nil if it is of another scheme.
    package static func text(_ value: [UInt8]) -> [UInt8]? {
        BasicCredentials.token(value.span, scheme: "bearer").map { Array(value[$0]) }
    }
}
