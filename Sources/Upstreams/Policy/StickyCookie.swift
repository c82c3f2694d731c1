package import HTTP

/// The cookie that keeps a client on its server: which server, and a signature, so that nobody chooses servers by writing
/// cookies.
///
/// Its value is 48 hexadecimal digits: 16 of the server's identity, 32 of a signature (`Signature`) of that identity and the
/// group's name. It tells neither address nor name of the server.
package struct StickyCookie: Sendable {
    /// Which requests that pages of other sites cause have the cookie with them.
    package enum SameSite: String, Sendable {
        /// Those by which a browser goes from there to this site.
        case lax = "Lax"
        /// None.
        case strict = "Strict"
        /// All; browsers take the cookie only if it is `Secure`.
        case unrestricted = "None"
    }

    package let name: String
    private let group: [UInt8]
    private let key: [UInt8]
    private let sameSite: SameSite

    /// Bytes of a server's identity.
    private static let identityLength = 8
    private static let length = 2 * (identityLength + Signature.length)

    /// - Parameters:
    ///   - name: a token (RFC 6265 §4.1.1).
    ///   - secret: the same on every gateway that is to understand the cookies; nil makes one that ends with the process.
    package init(name: String, group: String, secret: String?, sameSite: SameSite = .lax) {
        self.name = name
        self.sameSite = sameSite
        self.group = Array(group.utf8)
        // The system's generator is getrandom(2).
        key = secret.map { Array($0.utf8) } ?? (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    }

    /// The name of one pool's cookie on a site that has several: with one name for all, a client that uses two pools would lose
    /// its place in one whenever it gets a cookie of the other.
    /// - Parameters:
    ///   - base: the configured name.
    ///   - pool: any text.
    package static func name(_ base: String, pool: String) -> String {
        var hash = StableHash()
        hash.combine(pool.utf8)
        var digits: [UInt8] = []
        for byte in bytes(of: hash.value).suffix(4) { append(byte, to: &digits) }
        return base + "_" + String(decoding: digits, as: UTF8.self)
    }

    /// The cookie's value for a server; nil if libcrypto cannot sign.
    package func value(of server: UInt64) -> [UInt8]? {
        guard let signature = signature(server) else { return nil }
        var value: [UInt8] = []
        value.reserveCapacity(Self.length)
        for byte in Self.bytes(of: server) + signature { Self.append(byte, to: &value) }
        return value
    }

    /// The server that a request's cookies name; nil if none, or if the signature is not ours.
    package func server(in fields: FieldSection) -> UInt64? {
        guard let value = CookieValue.find(name, in: fields) else { return nil }
        return server(fields.bytes.span, value)
    }

    private func server(_ bytes: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        guard range.count == Self.length else { return nil }
        var said: [UInt8] = []
        said.reserveCapacity(Self.length / 2)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
            guard let high = Self.number(bytes[start]), let low = Self.number(bytes[start + 1]) else { return nil }
            said.append(high &<< 4 | low)
        }
        let server = said.prefix(Self.identityLength).reduce(0) { $0 &<< 8 | UInt64($1) }
        guard let expected = signature(server) else { return nil }
        return ConstantTime.areEqual(Array(said.dropFirst(Self.identityLength)), expected) ? server : nil
    }

    /// The value of a `Set-Cookie` field (RFC 6265 §4.1): for this browser session, and out of reach for scripts.
    /// - Parameter isSecure: is the client's connection TLS? Then the cookie never travels without.
    /// - Returns: nil if libcrypto cannot sign: the client is then not kept on its server.
    package func field(for server: UInt64, isSecure: Bool) -> [UInt8]? {
        guard let value = value(of: server) else { return nil }
        var field = Array(name.utf8)
        field.append(0x3D)
        field += value
        field.append("; Path=/; HttpOnly; SameSite=")
        field += Array(sameSite.rawValue.utf8)
        if isSecure || sameSite == .unrestricted { field.append("; Secure") }
        return field
    }

    private func signature(_ server: UInt64) -> [UInt8]? { Signature.of(Self.bytes(of: server) + group, key: key) }

    /// The highest first.
    private static func bytes(of word: UInt64) -> [UInt8] {
        stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: word &>> $0) }
    }

    private static func append(_ byte: UInt8, to text: inout [UInt8]) {
        for digit in [byte &>> 4, byte & 15] { text.append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }

    /// What a hexadecimal digit in lower case stands for.
    private static func number(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
