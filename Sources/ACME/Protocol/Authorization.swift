/// RFC 8555 §7.1.4.
struct Authorization: Decodable, Sendable {
    enum Status: String, Decodable, Sendable {
        case pending, valid, invalid, deactivated, expired, revoked
    }

    var status: Status
    var identifier: Identifier
    /// Is it for all names one label below? Then the identifier says the name without its asterisk.
    var wildcard: Bool?
    var challenges: [Challenge]

    /// Why it failed, in the authority's words.
    var failure: String {
        let reason = challenges.lazy.compactMap(\.error).first?.description
        return "\(identifier.value): \(reason ?? "the authorization is \(status.rawValue)")"
    }
}

/// RFC 8555 §8.
struct Challenge: Decodable, Sendable {
    /// One of `ChallengeType`, or one that is not known here.
    var type: String
    var url: String
    var token: String?
    var error: ACMEProblem?
}
