import HTTP

/// The rules by which a request's trailers are passed on. An object, since few requests have any.
final class TrailerRules {
    private let policy: RequestFieldPolicy
    private let isTrusted: Bool

    /// - Parameter isTrusted: the client is.
    init(_ policy: RequestFieldPolicy, isTrusted: Bool) {
        self.policy = policy
        self.isTrusted = isTrusted
    }

    func kept(of trailers: FieldSection) -> FieldSection { policy.kept(ofTrailers: trailers, isTrusted: isTrusted) }
}
