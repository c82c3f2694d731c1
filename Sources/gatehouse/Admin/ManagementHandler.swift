import FoundationEssentials
import HTTP
import Messages

/// Answers operators who come over TCP: the admin API's resources, and BWS's paths for them.
final class ManagementHandler: ServiceHandler {
    private let resources: AdminResources
    private let access: ManagementAccess
    private let admin: AdminHandler

    /// To start a program of somebody's choice, to be let in without a key, or to look on while clients ask, is for those who are
    /// on the machine.
    private static let local: Set = ["/upgrade", DashboardResources.page, AdminTap.path]

    init(_ resources: AdminResources, _ access: ManagementAccess) {
        self.resources = resources
        self.access = access
        admin = AdminHandler(resources)
    }

    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        let head = request.head
        if head.string(head.path) == DashboardResources.page, head.method == .get || head.method == .head {
            // It asks for the key itself, and knows nothing without one.
            try await request.discardBody()
            return .answer(access.refusalOfPlace(head) ?? DashboardResources.answer)
        }
        let (role, refusal) = access.role(of: head)
        guard let role else { return .answer(refusal ?? .problem(403, "You may not ask here.")) }
        let reads = head.method == .get || head.method == .head
        guard reads || role == .administrator else { return .answer(.problem(403, "With this key nothing can be changed.")) }
        let path = head.string(head.path)
        if Self.local.contains(path) {
            return .answer(.problem(403, "Only the admin socket does this."))
        }
        guard let (method, answer) = resource(path) else { return try await admin.answer(request, as: role) }
        guard head.method == method || head.method == .head && method == .get else {
            var fields = FieldSection()
            // RFC 9110 §15.5.6: a 405 says what is allowed.
            fields.append("Allow", method == .get ? "GET, HEAD" : "POST")
            return .answer(.problem(405, "This resource has other methods.", fields: fields))
        }
        return .answer(await answer())
    }

    func refusal(_ status: Int, _ word: String) -> ServiceAnswer { .refusal(status, word) }

    /// BWS's paths; nil for others.
    private func resource(_ path: String) -> (HTTP.Method, () async -> ServiceAnswer)? {
        let resources = resources
        switch path {
        case "/health", "/api/health": return (.get, { resources.health() })
        case "/health/detailed", "/api/health/detailed": return (.get, { await resources.detailedHealth() })
        case "/api/health/ready": return (.get, { resources.readiness() })
        case "/api/health/live": return (.get, { .json(AdminHealth.Word(status: "ok")) })
        case "/api/sites": return (.get, { await resources.sites() })
        case "/api/config": return (.get, { await resources.configuration() })
        case "/api/ssl/certificates", "/api/ssl/status": return (.get, { resources.certificates() })
        case "/api/reload", "/api/config/reload": return (.post, { await resources.reload(by: "the management listener") })
        default:
            guard path.hasPrefix("/api/ssl/certificates/") else { return nil }
            return (.post, { .problem(501, "Certificates are got and renewed by themselves, or read again by a reload.") })
        }
    }
}
