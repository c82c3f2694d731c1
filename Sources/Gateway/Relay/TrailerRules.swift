import HTTP
import Messages

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

extension Download {
    /// What goes behind the answer's body; nil to a client that has not asked for it.
    var trailers: FieldSection? {
        guard request.acceptsTrailers else { return nil }
        return headers.answer.kept(ofTrailers: source.trailers, isEncoded: compressed != nil)
    }
}
