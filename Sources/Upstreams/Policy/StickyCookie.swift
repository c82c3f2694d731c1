package import HTTP

/// The cookie that keeps a client on its server: which server, and a signature, so that nobody chooses servers by writing
/// cookies.
///
/// Its value is 48 hexadecimal digits: 16 of the server's identity, 32 of a SipHash-2-4-128 over the group's name and that
/// identity. It tells neither address nor name of the server.
package struct StickyCookie: Sendable {
    package let name: String
    private let group: [UInt8]
    private let key: (UInt64, UInt64)

    private static let length = 48

    /// - Parameters:
    ///   - name: a token (RFC 6265 §4.1.1).
    ///   - secret: the same on every gateway that is to understand the cookies; nil makes one that ends with the process.
    package init(name: String, group: String, secret: String?) {
        self.name = name
        self.group = Array(group.utf8)
        if let secret {
            var hash = SipHash(key: (0x7374_6963_6b79_2073, 0x6573_7369_6f6e_2e20), wide: true)
            for byte in secret.utf8 { hash.combine(byte) }
            key = hash.finish128()
        } else {
            key = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))
        }
    }

    /// The name of one pool's cookie on a site that has several: with one name for all, a client that uses two pools would lose
    /// its place in one whenever it gets a cookie of the other.
    /// - Parameters:
    ///   - base: the configured name.
    ///   - pool: any text.
    package static func name(_ base: String, pool: String) -> String {
        var hash = SipHash(key: (0x706f_6f6c_2773_2063, 0x6f6f_6b69_6520_6e61))
        for byte in pool.utf8 { hash.combine(byte) }
        let word = hash.finish()
        let digits = stride(from: UInt64(28), through: 0, by: -4).map { digit(UInt8(word &>> $0 & 15)) }
        return base + "_" + String(decoding: digits, as: UTF8.self)
    }

    /// The cookie's value for a server.
    package func value(of server: UInt64) -> [UInt8] {
        let (first, second) = signature(server)
        var value: [UInt8] = []
        value.reserveCapacity(Self.length)
        for word in [server, first, second] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) { value.append(Self.digit(UInt8(word &>> shift & 15))) }
        }
        return value
    }

    /// The server that a request's cookies name; nil if none, or if the signature is not ours.
    package func server(in fields: FieldSection) -> UInt64? {
        guard let value = CookieValue.find(name, in: fields) else { return nil }
        return server(fields.bytes.span, value)
    }

    func server(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        guard range.count == Self.length else { return nil }
        let start = range.lowerBound
        guard let server = Self.word(bytes, start), let first = Self.word(bytes, start + 16),
            let second = Self.word(bytes, start + 32)
        else { return nil }
        let expected = signature(server)
        // In one comparison, so that its time says nothing about how much is right.
        return (first ^ expected.0) | (second ^ expected.1) == 0 ? server : nil
    }

    /// The value of a `Set-Cookie` field (RFC 6265 §4.1): for this browser session, out of reach for scripts, and sent on
    /// requests from other sites' links only.
    /// - Parameter isSecure: is the client's connection TLS? Then the cookie never travels without.
    package func field(for server: UInt64, isSecure: Bool) -> [UInt8] {
        var field = Array(name.utf8)
        field.append(0x3D)
        field += value(of: server)
        field.append("; Path=/; HttpOnly; SameSite=Lax")
        if isSecure { field.append("; Secure") }
        return field
    }

    private func signature(_ server: UInt64) -> (UInt64, UInt64) {
        var hash = SipHash(key: key, wide: true)
        hash.combine(server)
        hash.combine(group.span)
        return hash.finish128()
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

    private static func word(_ bytes: Span<UInt8>, _ start: Int) -> UInt64? {
        var word: UInt64 = 0
        for index in start..<start + 16 {
            switch bytes[index] {
            case 0x30...0x39: word = word &<< 4 | UInt64(bytes[index] - 0x30)
            case 0x61...0x66: word = word &<< 4 | UInt64(bytes[index] - 0x57)
            default: return nil
            }
        }
        return word
    }
}

/// Finds a cookie in a request (RFC 6265 §4.2.1).
package enum CookieValue {
    /// Where the first cookie of this name has its value, as offsets into `fields.bytes`; nil if there is none.
    package static func find(_ name: String, in fields: FieldSection) -> Range<Int>? {
        guard fields.contains(.cookie) else { return nil }
        let bytes = fields.bytes.span
        for line in fields.lines where line.known == .cookie {
            if let value = find(name, bytes, line.value) { return value }
        }
        return nil
    }

    private static func find(_ name: String, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int>? {
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start
            while end < range.upperBound, bytes[end] != 0x3B { end += 1 }
            let pair = Text.trimmed(bytes, start..<end)
            if let value = value(of: name, bytes, pair) { return value }
            start = end + 1
        }
        return nil
    }

    private static func value(of name: String, _ bytes: Span<UInt8>, _ pair: Range<Int>) -> Range<Int>? {
        var position = pair.lowerBound
        for byte in name.utf8 {
            guard position < pair.upperBound, bytes[position] == byte else { return nil }
            position += 1
        }
        guard position < pair.upperBound, bytes[position] == 0x3D else { return nil }
        return position + 1..<pair.upperBound
    }
}
