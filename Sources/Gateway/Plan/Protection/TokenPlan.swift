import HTTP
import Protection

/// Where an issuer's keys come from.
enum KeySource: Sendable {
    case file(WatchedFile<WebKeys>)
    case fetched(FetchedKeys)
}

/// Tokens (JWT) that a site or route asks for.
final class TokenPlan: Sendable {
    let keys: KeySource
    let rules: WebToken.Rules
    /// Where the token is; nil: in `Authorization`, as RFC 6750 §2.1 says.
    let cookie: String?
    let userClaim: String
    /// The field that tells the upstream who it is; nil: none.
    let userField: String?
    let forwardsAuthorization: Bool
    /// The configuration's table, for log lines.
    let key: String

    init(
        _ keys: KeySource, rules: WebToken.Rules, cookie: String?, userClaim: String, userField: String?,
        forwardsAuthorization: Bool, key: String
    ) {
        self.keys = keys
        self.rules = rules
        self.cookie = cookie
        self.userClaim = userClaim
        self.userField = userField
        self.forwardsAuthorization = forwardsAuthorization
        self.key = key
    }

    /// The key that says where the issuer's keys are.
    var keysKey: String {
        switch keys {
        case .file: "\(key).jwks_file"
        case .fetched: "\(key).jwks_url"
        }
    }

    /// Fields of the client's that do not go upstream.
    var removed: [String] { (forwardsAuthorization ? [] : ["Authorization"]) + (userField.map { [$0] } ?? []) }

    /// The 401's own field (RFC 6750 §3): of a missing token it says nothing more.
    static func challenge(_ fault: String? = nil) -> AnswerFields {
        AnswerFields(
            "WWW-Authenticate", fault.map { "Bearer error=\"invalid_token\", error_description=\"\($0)\"" } ?? "Bearer")
    }
}
