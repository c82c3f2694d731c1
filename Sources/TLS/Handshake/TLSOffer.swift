import COpenSSL

/// What a client's hello asks for and offers (RFC 8446 §4.1.2), for the log of a handshake that failed. Numbers that mean nothing
/// (RFC 8701) and signals that are no suites (RFC 5746 §3.3, RFC 7507) are left out of the words.
package struct TLSOffer: Equatable, Sendable {
    /// Newest version of a client that has no `supported_versions` (before TLS 1.3).
    let legacyVersion: UInt16
    let versionNumbers: [UInt16]
    let suiteNumbers: [UInt16]
    let groupNumbers: [UInt16]
    let signatureNumbers: [UInt16]
    /// The numbers of all extensions in the client's order, GREASE values among them.
    let extensionNumbers: [UInt16]
    /// The name that it asks for (SNI), as it came; nil without one, or with one that is none.
    package let serverName: String?
    /// The protocols that it speaks over TLS (ALPN), in its order; printable ASCII, the rest as `?`.
    package let protocols: [String]
    /// The first of them as it came.
    let firstProtocol: [UInt8]

    /// - Parameter message: a ClientHello with its message's header, as it came.
    /// - Returns: nil if it is none, or is cut.
    init?(message: [UInt8]) {
        var message = HelloReader(message[...])
        guard message.number(1) == 1, var body = message.bytes(lengthOf: 3).map(HelloReader.init),
            let legacy = body.number(2), body.take(32) != nil, body.bytes(lengthOf: 1) != nil,
            let suites = body.bytes(lengthOf: 2), body.bytes(lengthOf: 1) != nil
        else { return nil }
        legacyVersion = UInt16(legacy)
        suiteNumbers = HelloReader(suites).numbers()
        var found: [UInt16: ArraySlice<UInt8>] = [:]
        var order: [UInt16] = []
        var list = HelloReader(body.bytes(lengthOf: 2) ?? [])
        while let type = list.number(2), let content = list.bytes(lengthOf: 2) {
            order.append(UInt16(type))
            found[UInt16(type)] = content
        }
        extensionNumbers = order
        func numbers(_ type: UInt16, lengthOf count: Int) -> [UInt16] {
            var content = HelloReader(found[type] ?? [])
            return HelloReader(content.bytes(lengthOf: count) ?? []).numbers()
        }
        versionNumbers = numbers(0x2B, lengthOf: 1)
        groupNumbers = numbers(0x0A, lengthOf: 2)
        signatureNumbers = numbers(0x0D, lengthOf: 2)
        serverName = found[0].flatMap(Self.name)
        let names = found[0x10].map(Self.names) ?? []
        firstProtocol = names.first.map { Array($0) } ?? []
        protocols = names.map { name in
            String(decoding: name.map { 0x21...0x7E ~= $0 && $0 != 0x2C ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
        }
    }

    /// RFC 6066 §3.
    private static func name(_ content: ArraySlice<UInt8>) -> String? {
        var outer = HelloReader(content)
        var entries = HelloReader(outer.bytes(lengthOf: 2) ?? [])
        guard entries.number(1) == 0, let name = entries.bytes(lengthOf: 2), !name.isEmpty, name.count < 256 else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    /// RFC 7301 §3.1.
    private static func names(_ content: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var outer = HelloReader(content)
        var entries = HelloReader(outer.bytes(lengthOf: 2) ?? [])
        var names: [ArraySlice<UInt8>] = []
        while let name = entries.bytes(lengthOf: 1) { names.append(name) }
        return names
    }

    // MARK: In words

    /// "TLSv1.3", in the client's order; of a client that names only its newest (before TLS 1.3), that one.
    package var versions: [String] {
        (versionNumbers.isEmpty ? [legacyVersion] : versionNumbers).filter { !Self.isMeaningless($0) }.map(Self.word(ofVersion:))
    }

    /// OpenSSL's names, or "0xC0FF" of one that it does not know, in the client's order; the first ``maxSuites`` of them, and
    /// behind them "+7" for how many there are besides.
    /// - Parameter name: of a suite; nil if it is unknown.
    package func suites(name: (UInt16) -> String?) -> [String] {
        let numbers = suiteNumbers.filter { !Self.isMeaningless($0) && ![0x00FF, 0x5600].contains($0) }
        let named = numbers.prefix(Self.maxSuites).map { name($0) ?? Self.hexadecimal($0) }
        return numbers.count > named.count ? named + ["+\(numbers.count - named.count)"] : named
    }

    /// Enough for a line of the log.
    private static let maxSuites = 24

    /// The usual names of groups (the registry of TLS), or "0x0200", in the client's order; at most ``maxSuites``.
    package var groups: [String] {
        groupNumbers.filter { !Self.isMeaningless($0) }.prefix(Self.maxSuites).map {
            Self.groupNames[$0] ?? Self.hexadecimal($0)
        }
    }

    private static let groupNames: [UInt16: String] = [
        0x0017: "P-256", 0x0018: "P-384", 0x0019: "P-521", 0x001D: "X25519", 0x001E: "X448", 0x0100: "ffdhe2048",
        0x0101: "ffdhe3072", 0x0102: "ffdhe4096", 0x0103: "ffdhe6144", 0x0104: "ffdhe8192", 0x11EB: "SecP256r1MLKEM768",
        0x11EC: "X25519MLKEM768", 0x11ED: "SecP384r1MLKEM1024", 0x6399: "X25519Kyber768Draft00",
    ]

    /// What a group is called in ``groups``, by another name that OpenSSL knows.
    static func usualName(ofGroup name: String) -> String {
        switch name.lowercased() {
        case "prime256v1", "secp256r1": "P-256"
        case "secp384r1": "P-384"
        case "secp521r1": "P-521"
        default: groupNames.values.first { $0.lowercased() == name.lowercased() } ?? name
        }
    }

    static func isMeaningless(_ number: UInt16) -> Bool { number & 0x0F0F == 0x0A0A && number >> 8 == number & 0xFF }

    private static func word(ofVersion number: UInt16) -> String {
        switch Int32(number) {
        case TLS1_3_VERSION: "TLSv1.3"
        case TLS1_2_VERSION: "TLSv1.2"
        case TLS1_1_VERSION: "TLSv1.1"
        case TLS1_VERSION: "TLSv1"
        case SSL3_VERSION: "SSLv3"
        default: hexadecimal(number)
        }
    }

    static func hexadecimal(_ number: UInt16) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}

/// Reads a hello from left to right; nothing behind its end.
struct HelloReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Takes a number of so many bytes, the highest first.
    mutating func number(_ count: Int) -> Int? { take(count)?.reduce(0) { $0 << 8 | Int($1) } }

    /// What follows a length of so many bytes.
    mutating func bytes(lengthOf count: Int) -> ArraySlice<UInt8>? { number(count).flatMap { take($0) } }

    /// All that is left, two bytes each.
    func numbers() -> [UInt16] {
        var reader = self
        var numbers: [UInt16] = []
        while let number = reader.number(2) { numbers.append(UInt16(number)) }
        return numbers
    }
}
