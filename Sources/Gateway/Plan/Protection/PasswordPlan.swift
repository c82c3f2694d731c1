import HTTP
import Protection

/// Basic authentication (RFC 7617) of a site or route.
final class PasswordPlan: Sendable {
    let file: WatchedFile<PasswordList>
    /// The 401's own field.
    let challenge: AnswerFields
    /// How many wrong passwords an address may send; nil: any number.
    let attempts: (limit: RateLimit, table: RateTable)?
    /// The field that tells the upstream who it is; nil: none.
    let userField: String?
    let forwardsAuthorization: Bool
    /// The configuration's table, for log lines.
    let key: String

    init(
        _ file: WatchedFile<PasswordList>, realm: String, attempts: (limit: RateLimit, table: RateTable)?, userField: String?,
        forwardsAuthorization: Bool, key: String
    ) {
        self.file = file
        var text = "Basic realm=\""
        for character in realm {
            // RFC 9110 §5.6.4: quoted-pair.
            if character == "\"" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        challenge = AnswerFields("WWW-Authenticate", text + "\", charset=\"UTF-8\"")
        self.attempts = attempts
        self.userField = userField
        self.forwardsAuthorization = forwardsAuthorization
        self.key = key
    }

    /// Fields of the client's that do not go upstream.
    var removed: [String] { (forwardsAuthorization ? [] : ["Authorization"]) + (userField.map { [$0] } ?? []) }
}
