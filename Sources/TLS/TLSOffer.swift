import COpenSSL

/// What a client's hello asks for and offers, in words for a log. Numbers that mean nothing (RFC 8701) and signals that are no
/// suites (RFC 5746 §3.3, RFC 7507) are left out.
package struct TLSOffer: Equatable, Sendable {
    /// "TLSv1.3", in the client's order; of a client that names only its newest (before TLS 1.3), that one.
    package let versions: [String]
    /// OpenSSL's names, or "0xC0FF" of one that it does not know, in the client's order; the first of them, and behind them "+7"
    /// for how many there were besides.
    package let suites: [String]

    /// The name that it asks for (SNI), as it came; nil without one.
    package let serverName: String?

    /// - Parameter name: of a suite; nil if it is unknown.
    init(_ offer: gh_offer, name: (UInt16) -> String?) {
        let letters = unsafe withUnsafeBytes(of: offer.name) { unsafe Array($0.prefix { $0 != 0 }) }
        serverName = letters.isEmpty ? nil : String(decoding: letters, as: UTF8.self)
        versions = Self.numbers(offer.versions, min(Int(offer.version_count), GH_OFFERED_VERSIONS)).map(Self.word(ofVersion:))
        let kept = min(Int(offer.suite_count), GH_OFFERED_SUITES)
        let numbers = Self.numbers(offer.suites, kept).filter { !Self.signals.contains($0) }
        let named = numbers.map { name($0) ?? Self.hexadecimal($0) }
        suites = kept < Int(offer.suite_count) ? named + ["+\(Int(offer.suite_count) - kept)"] : named
    }

    private static let signals: Set<UInt16> = [0x00FF, 0x5600]

    /// The first numbers of an array of C's, without those of RFC 8701.
    private static func numbers<Numbers>(_ array: Numbers, _ count: Int) -> [UInt16] {
        // A C array is a tuple of so many numbers, lent for the look.
        unsafe withUnsafeBytes(of: array) { bytes in
            let numbers = unsafe bytes.assumingMemoryBound(to: UInt16.self).prefix(count)
            return unsafe numbers.filter { $0 & 0x0F0F != 0x0A0A || $0 >> 8 != $0 & 0xFF }
        }
    }

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

    private static func hexadecimal(_ number: UInt16) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
