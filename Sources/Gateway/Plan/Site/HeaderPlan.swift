import HTTP

/// What is changed in the heads that pass a site, or one of its routes. docs/headers.md says in which order.
///
/// A class, so that an exchange passes one reference.
final class HeaderPlan: Sendable {
    /// Request fields on their way to the upstream.
    let request: RequestFieldPolicy
    /// Answer fields on their way to the client, from an upstream.
    let answer: ResponseFieldPolicy
    /// The fields of answers that the gateway makes itself.
    let own: OwnFieldPolicy
    /// The fields of the gateway's own answers that are errors; nil: as `own`.
    private let ownErrors: OwnFieldPolicy?
    /// Do some values depend on the request? Then each gets a plan of its own: see `filled` and `filledForOwn`.
    let hasVariables: Bool
    /// Do values in answers made here depend on the request, and are not known yet?
    let leavesOwn: Bool

    /// Changes nothing.
    static let none = HeaderPlan(request: RequestFieldPolicy(), answer: ResponseFieldPolicy(), own: OwnFieldPolicy())

    /// - Parameter errors: of errors that are made here; nil: they are as others.
    convenience init(
        request: RequestFieldPolicy, answer: ResponseFieldPolicy, own: OwnFieldPolicy, errors: OwnFieldPolicy? = nil
    ) {
        let leavesOwn = own.hasVariables || errors?.hasVariables == true
        self.init(
            request, answer, own, errors, hasVariables: leavesOwn || request.hasVariables || answer.hasVariables,
            leavesOwn: leavesOwn)
    }

    private init(
        _ request: RequestFieldPolicy, _ answer: ResponseFieldPolicy, _ own: OwnFieldPolicy, _ errors: OwnFieldPolicy?,
        hasVariables: Bool, leavesOwn: Bool
    ) {
        self.request = request
        self.answer = answer
        self.own = own
        ownErrors = errors
        self.hasVariables = hasVariables
        self.leavesOwn = leavesOwn
    }

    /// The fields of the gateway's own answers that are errors.
    var errors: OwnFieldPolicy { ownErrors ?? own }

    /// The plan for one request that goes on to an upstream: most get no answer that is made here, and what is said of those is
    /// left.
    func filled(_ variables: borrowing some RequestVariables) -> HeaderPlan {
        HeaderPlan(
            request.filled(variables), answer.filled(variables), own, ownErrors, hasVariables: true, leavesOwn: leavesOwn)
    }

    /// The plan for one request that is answered here.
    func filledForOwn(_ variables: borrowing some RequestVariables) -> HeaderPlan {
        HeaderPlan(
            request, answer, own.filled(variables), ownErrors?.filled(variables), hasVariables: true, leavesOwn: false)
    }
}
