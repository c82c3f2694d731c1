/// Where an authority is asked for what (RFC 8555 §7.1.1).
struct AuthorityDirectory: Decodable, Sendable {
    struct Meta: Decodable, Sendable {
        var externalAccountRequired: Bool?
        /// Kinds of certificates that can be ordered, and what they are.
        var profiles: [String: String]?
        /// What CAA records call it (RFC 8659).
        var caaIdentities: [String]?
    }

    var newNonce: String
    var newAccount: String
    var newOrder: String
    var revokeCert: String?
    var keyChange: String?
    /// RFC 9773 §4.1; nil: it does not say when to renew.
    var renewalInfo: String?
    var meta: Meta?
}
