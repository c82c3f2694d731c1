import HTTP
import Protection

/// Tokens (JWT) that a site or route asks for.
final class TokenPlan: Sendable {
    let keys: WatchedFile<WebKeys>
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
        _ keys: WatchedFile<WebKeys>, rules: WebToken.Rules, cookie: String?, userClaim: String, userField: String?,
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

    /// Fields of the client's that do not go upstream.
    var removed: [String] { (forwardsAuthorization ? [] : ["Authorization"]) + (userField.map { [$0] } ?? []) }

    /// The 401's own field (RFC 6750 §3): of a missing token it says nothing more.
    static func challenge(_ fault: String? = nil) -> AnswerFields {
        AnswerFields(
            "WWW-Authenticate", fault.map { "Bearer error=\"invalid_token\", error_description=\"\($0)\"" } ?? "Bearer")
    }
}
