/// A signed token (JWT, RFC 7519) whose signature and claims have been checked.
package struct WebToken: Sendable {
    /// What a token must say.
    package struct Rules: Sendable, Equatable {
        /// nil: any.
        package var issuer: String?
        /// One of them must be among the token's; empty: any.
        package var audiences: [String]
        /// Seconds by which clocks may differ.
        package var leeway: Double

        package init(issuer: String?, audiences: [String], leeway: Double) {
            self.issuer = issuer
            self.audiences = audiences
            self.leeway = leeway
        }
    }

    /// Why a token is refused; the raw value is what its client is told.
    package enum Fault: String, Error, Sendable {
        case malformed = "the token is malformed"
        case algorithm = "the token's algorithm is not taken here"
        case extensions = "the token has extensions that are not known here"
        case unknownKey = "no key of the token's name is known"
        case signature = "the token's signature is wrong"
        case noExpiry = "the token never expires"
        case expired = "the token has expired"
        case notYetValid = "the token is not valid yet"
        case issuer = "the token is of another issuer"
        case audience = "the token is for another audience"
    }

    private let claims: JSONText

    /// - Parameters:
    ///   - text: in the compact form (RFC 7515 §7.1).
    ///   - now: seconds since 1970.
    package init(_ text: [UInt8], keys: WebKeys, rules: Rules, now: Double) throws(Fault) {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Self.decode(parts[0]).flatMap({ JSONText($0) }),
            let body = Self.decode(parts[1]), let signature = Self.decode(parts[2])
        else { throw .malformed }
        // RFC 8725 §3.1: the token does not choose what is taken; "none" and symmetric ones are nothing here.
        guard let algorithm = head["alg"]?.string.flatMap({ PublicKey.Algorithm(named: $0) }) else { throw .algorithm }
        // RFC 7515 §4.1.11.
        guard head["crit"] == nil else { throw .extensions }
        let name = head["kid"]
        // RFC 7515 §4.1.4: text. What is none must not be taken for a token that names no key.
        guard name == nil || name?.string != nil else { throw .malformed }
        let candidates = keys.keys(algorithm, named: name?.string)
        if candidates.isEmpty { throw .unknownKey }
        let signed = Array(text[..<(parts[2].startIndex - 1)])
        guard candidates.contains(where: { $0.verifies(signature, of: signed) }) else { throw .signature }
        guard let claims = JSONText(body), case .object = claims else { throw .malformed }
        try Self.check(claims, rules, now)
        self.claims = claims
    }

    /// A claim that is text; nil without it.
    package func text(_ claim: String) -> String? { claims[claim]?.string }

    /// RFC 7519 §4.1.
    static func check(_ claims: JSONText, _ rules: Rules, _ now: Double) throws(Fault) {
        guard let expiry = claims["exp"] else { throw .noExpiry }
        guard let end = expiry.number else { throw .malformed }
        guard now < end + rules.leeway else { throw .expired }
        if let start = claims["nbf"] {
            guard let start = start.number else { throw .malformed }
            guard now >= start - rules.leeway else { throw .notYetValid }
        }
        if let issuer = rules.issuer, claims["iss"]?.string.map({ isSame($0, issuer) }) != true { throw .issuer }
        guard !rules.audiences.isEmpty else { return }
        let stated = claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.compactMap(\.string) ?? []
        guard rules.audiences.contains(where: { audience in stated.contains { isSame($0, audience) } }) else { throw .audience }
    }

    /// RFC 7519 §2: such texts are compared as they are. Swift's own comparison takes a Kelvin sign for a K.
    private static func isSame(_ text: String, _ other: String) -> Bool { text.utf8.elementsEqual(other.utf8) }

    private static func decode(_ part: ArraySlice<UInt8>) -> [UInt8]? { Base64Text.decode(Array(part).span, .url) }
}
