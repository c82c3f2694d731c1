import Configuration
import HTTP

/// `[sites.access_control]`: which pages of other origins may read a site's answers, and what they may send (the Fetch standard,
/// "CORS protocol"). It keeps nobody from asking: browsers ask, and then do what the fields say.
final class CrossOriginPlan: Sendable {
    /// Lower case.
    private let origins: Set<String>
    private let allowsAny: Bool
    private let allowsCredentials: Bool
    /// The answer's fields to a preflight, besides those of every answer.
    private let preflight: AnswerFields
    /// The fields of an answer that scripts may read, as a list; nil: those alone that they may read of any.
    private let exposed: String?
    /// The fields of every answer that any origin may read: the same for all, so that caches need not tell them apart.
    private let toAny: AnswerFields

    init(_ control: AccessControl) {
        origins = Set(control.allowOrigins)
        allowsAny = origins.contains("*")
        allowsCredentials = control.allowCredentials && !allowsAny
        var preflight = AnswerFields("Access-Control-Allow-Methods", control.allowMethods.joined(separator: ", "))
        preflight.append("Access-Control-Allow-Headers", control.allowHeaders.joined(separator: ", "))
        preflight.append("Access-Control-Max-Age", UInt64(control.maxAge))
        self.preflight = preflight
        exposed = control.exposeHeaders.isEmpty ? nil : control.exposeHeaders.joined(separator: ", ")
        var toAny = AnswerFields("Access-Control-Allow-Origin", "*")
        if let exposed { toAny.append("Access-Control-Expose-Headers", exposed) }
        self.toAny = toAny
    }

    /// What every answer to the request says. Where origins are told apart, caches are told so.
    func fields(for request: RequestHead) -> AnswerFields {
        guard !allowsAny else { return toAny }
        var fields = AnswerFields("Vary", "Origin")
        guard let origin = request.origin, origins.contains(origin.lowercased()) else { return fields }
        fields.append("Access-Control-Allow-Origin", origin)
        if allowsCredentials { fields.append("Access-Control-Allow-Credentials", "true") }
        if let exposed { fields.append("Access-Control-Expose-Headers", exposed) }
        return fields
    }

    /// What the answer to a preflight says besides; nothing to a page that may not ask.
    func preflightFields(for request: RequestHead) -> AnswerFields {
        allowsAny || request.origin.map { origins.contains($0.lowercased()) } == true ? preflight : AnswerFields()
    }
}

extension RequestHead {
    /// Does a browser ask what a page of another origin may do (the Fetch standard, "CORS-preflight request")?
    var isPreflight: Bool {
        method == .options && fields.contains(.origin) && fields.first(.accessControlRequestMethod) != nil
    }

    /// Nil without one, and with several.
    fileprivate var origin: String? {
        guard fields.count(of: .origin) == 1, let line = fields.first(.origin) else { return nil }
        return string(line.value)
    }
}
