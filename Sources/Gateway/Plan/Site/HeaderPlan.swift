import HTTP

/// What is changed in the heads that pass a site, or one of its routes. docs/headers.md says in which order.
///
/// A class, so that an exchange passes one reference.
final class HeaderPlan: Sendable {
    /// Request fields on their way to the upstream.
    let request: RequestFieldPolicy
    /// Answer fields on their way to the client, from an upstream.
    let answer: ResponseFieldPolicy
    /// Of every answer that is made here.
    let own: OwnFieldPolicy
    /// Of those of them that are errors; nil: they are as others.
    private let ownErrors: OwnFieldPolicy?
    /// Do some values depend on the request? Then each gets a plan of its own: see `filled`.
    let hasVariables: Bool

    /// Changes nothing.
    static let none = HeaderPlan(request: RequestFieldPolicy(), answer: ResponseFieldPolicy(), own: OwnFieldPolicy())

    /// - Parameter errors: of errors that are made here; nil: they are as others.
    init(request: RequestFieldPolicy, answer: ResponseFieldPolicy, own: OwnFieldPolicy, errors: OwnFieldPolicy? = nil) {
        self.request = request
        self.answer = answer
        self.own = own
        ownErrors = errors
        hasVariables =
            request.hasVariables || answer.hasVariables || own.hasVariables || errors.map(\.hasVariables) == true
    }

    /// Of those answers made here that are errors.
    var errors: OwnFieldPolicy { ownErrors ?? own }

    /// The plan for one request.
    func filled(_ variables: borrowing some RequestVariables) -> HeaderPlan {
        HeaderPlan(
            request: request.filled(variables), answer: answer.filled(variables), own: own.filled(variables),
            errors: ownErrors?.filled(variables))
    }
}
