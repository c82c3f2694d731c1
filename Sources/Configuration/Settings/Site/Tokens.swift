/// `[sites.jwt]` and `[sites.proxy.routes.jwt]`: tokens that are asked for.
package struct Tokens: Sendable, Equatable {
    /// Where the issuer's keys are.
    package enum Keys: Sendable, Equatable {
        case file(String)
        case url(String, refresh: Duration, caFile: String?)
    }

    package var keys: Keys
    /// nil: any.
    package var issuer: String?
    /// Empty: any.
    package var audience: [String] = []
    /// How far the clocks of issuer and gateway may differ.
    package var leeway = Duration.seconds(60)
    /// The cookie that holds the token; nil: it is in `Authorization`.
    package var cookie: String?
    package var userClaim = "sub"
    /// The name of the field that tells the upstream who it is; nil: none.
    package var userHeader: String?
    package var forwardAuthorization = false
}
