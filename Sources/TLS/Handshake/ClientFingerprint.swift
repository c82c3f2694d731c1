import COpenSSL

extension TLSOffer {
    /// JA4 over TCP (FoxIO, "JA4: TLS Client Fingerprinting"): the same for all connections of one build of a client, in whatever
    /// order it puts its extensions.
    package var ja4: String {
        let suites = suiteNumbers.filter { !Self.isMeaningless($0) }
        let extensions = extensionNumbers.filter { !Self.isMeaningless($0) }
        let beginning =
            "t" + versionDigits + (extensions.contains(0) ? "d" : "i") + Self.twoDigits(suites.count)
            + Self.twoDigits(extensions.count) + protocolLetters
        let others = Self.list(extensions.filter { $0 != 0 && $0 != 0x10 }.sorted())
        let signatures = Self.list(signatureNumbers.filter { !Self.isMeaningless($0) })
        return [
            beginning, Self.digest(Self.list(suites.sorted())),
            extensions.isEmpty ? Self.none : Self.digest(signatures.isEmpty ? others : others + "_" + signatures),
        ].joined(separator: "_")
    }

    /// What stands in place of the digest of an empty list.
    private static let none = "000000000000"

    private var versionDigits: String {
        let newest = versionNumbers.filter { !Self.isMeaningless($0) }.max() ?? legacyVersion
        return switch Int32(newest) {
        case TLS1_3_VERSION: "13"
        case TLS1_2_VERSION: "12"
        case TLS1_1_VERSION: "11"
        case TLS1_VERSION: "10"
        case SSL3_VERSION: "s3"
        case 2: "s2"
        default: "00"
        }
    }

    /// The first and the last letter of the first protocol; of their hexadecimal digits, if one of them is no letter or digit.
    private var protocolLetters: String {
        guard let first = firstProtocol.first, let last = firstProtocol.last else { return "00" }
        if Self.isAlphanumeric(first), Self.isAlphanumeric(last) { return String(decoding: [first, last], as: UTF8.self) }
        return "\(Self.fourDigits(UInt16(first)).dropFirst(2).first ?? "0")\(Self.fourDigits(UInt16(last)).last ?? "0")"
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(min(number, 99))" }

    private static func fourDigits(_ number: UInt16) -> String { hexadecimal(number).dropFirst(2).lowercased() }

    private static func list(_ numbers: [UInt16]) -> String { numbers.map(fourDigits).joined(separator: ",") }

    /// The first twelve digits of its SHA-256.
    private static func digest(_ list: String) -> String {
        guard !list.isEmpty else { return none }
        return sha256(Array(list.utf8)).prefix(6).map { fourDigits(UInt16($0)).dropFirst(2) }.joined()
    }
}
