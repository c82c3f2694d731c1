import FoundationEssentials
import HTTP
import Messages

/// Answers the admin API: plain resources, JSON both ways, and a problem document (RFC 9457) where something cannot be done.
final class AdminHandler: ServiceHandler {
    /// Bytes of a request: a configuration of the longest kind, as JSON.
    static let maxBodyBytes = 16 << 20

    /// Characters of a member's name that a problem tells.
    private static let maxShownName = 100

    /// The one resource whose form depends on what the request says that it takes.
    private static let metrics = "/metrics"

    /// Resources that are read in a way of their own.
    private static let readOnly: Set = [metrics, AdminTap.path, DashboardResources.page, DashboardResources.events]

    /// Orders that need no words.
    private static let wordless: Set = ["/reload", "/recorder"]

    /// What can be asked for, and how.
    private struct Resource {
        let method: HTTP.Method
        let path: String
        let answer: (AdminResources, Asked) async -> ServiceAnswer
    }

    /// What came with the question.
    private struct Asked {
        let body: [UInt8]
        /// The query of the target, without its question mark.
        let query: ArraySlice<UInt8>
    }

    private static var all: [Resource] {
        [
            Resource(method: .get, path: "/status") { resources, _ in await resources.status() },
            Resource(method: .get, path: "/configuration") { resources, _ in await resources.configuration() },
            Resource(method: .get, path: "/sites") { resources, _ in await resources.sites() },
            Resource(method: .get, path: "/routes") { resources, _ in await resources.routes() },
            Resource(method: .get, path: "/limits") { resources, _ in await resources.limits() },
            Resource(method: .get, path: "/certificates") { resources, _ in resources.certificates() },
            Resource(method: .get, path: "/fleet") { resources, _ in resources.fleetStanding() },
            Resource(method: .get, path: "/servers") { resources, asked in
                await AdminQuery.answer(asked.query) { resources.servers($0) }
            },
            Resource(method: .post, path: "/servers") { resources, asked in await resources.order(asked.body) },
            Resource(method: .get, path: "/connections") { resources, asked in
                await AdminQuery.answer(asked.query) { await resources.connections($0) }
            },
            Resource(method: .post, path: "/connections/close") { resources, asked in await resources.close(asked.body) },
            Resource(method: .get, path: "/cache") { resources, _ in await resources.cache() },
            Resource(method: .post, path: "/cache/purge") { resources, asked in await resources.purge(asked.body) },
            Resource(method: .get, path: "/recorder") { resources, _ in await resources.recorded() },
            Resource(method: .post, path: "/recorder") { resources, _ in await resources.dumpRecorder() },
            Resource(method: .post, path: "/reload") { resources, _ in await resources.reload() },
            Resource(method: .get, path: "/history") { resources, _ in await resources.history() },
            Resource(method: .post, path: "/rollback") { resources, asked in
                if asked.body.isEmpty { return await resources.rollBack(to: nil) }
                guard let wanted = AdminRollback(asked.body) else {
                    return .problem(400, "The body is to be JSON with \"hash\", or empty.")
                }
                return await resources.rollBack(to: wanted.hash)
            },
            Resource(method: .post, path: "/upgrade") { resources, asked in
                if asked.body.isEmpty { return await resources.upgrade(AdminUpgrade.Wanted()) }
                guard let wanted = AdminUpgrade.Wanted(asked.body) else {
                    return .problem(400, "The body is to be JSON with \"program\", or empty.")
                }
                return await resources.upgrade(wanted)
            },
            Resource(method: .post, path: "/explain") { resources, asked in await resources.explain(asked.body) },
            Resource(method: .post, path: "/plan") { resources, asked in
                if asked.body.isEmpty { return await resources.plan(nil) }
                guard let candidate = Reloader.Candidate(asked.body) else {
                    return .problem(400, "The body is to be JSON with \"file\" and \"text\", or empty.")
                }
                return await resources.plan(candidate)
            },
        ]
    }

    private let resources: AdminResources

    init(_ resources: AdminResources) {
        self.resources = resources
    }

    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        try await answer(request, as: .administrator)
    }

    func refusal(_ status: Int, _ word: String) -> ServiceAnswer { .refusal(status, word) }

    /// - Parameter role: of who asks, who may ask for this.
    func answer(
        _ request: ServiceRequest, as role: ManagementAccess.Role
    ) async throws(ServiceFailure) -> ServiceReply {
        let head = request.head
        let path = head.string(head.path)
        let body = try await request.body(atMost: Self.maxBodyBytes)
        if path == AdminTap.path, head.method == .get { return await resources.tap(head.fields.bytes[head.query]) }
        if path == Self.metrics, head.method == .get || head.method == .head {
            return .answer(MetricsAnswer.answer(head, of: resources.gateway, resources.fleet.board))
        }
        if let reply = await dashboard(head, path, role) { return reply }
        let here = Self.all.filter { $0.path == path }
        guard !here.isEmpty || Self.readOnly.contains(path) else {
            return .answer(.problem(404, "There is nothing at \(path)."))
        }
        let method = head.method == .head ? .get : head.method
        guard let resource = here.first(where: { $0.method == method }) else {
            // RFC 9110 §15.5.6: a 405 says what is allowed.
            var fields = FieldSection()
            let methods = here.map { $0.method == .get ? "GET, HEAD" : "\($0.method.name ?? "")" }
            let read = path == DashboardResources.page ? "GET, HEAD, POST" : "GET, HEAD"
            fields.append("Allow", methods.isEmpty ? read : methods.joined(separator: ", "))
            return .answer(.problem(405, "This resource has other methods.", fields: fields))
        }
        if method == .post, let name = RepeatedMember.name(in: body) {
            return .answer(.problem(400, "The body has the member \"\(name.prefix(Self.maxShownName))\" twice."))
        }
        // Who says something to them means something that would not be done.
        if method == .post, Self.wordless.contains(path), !Self.saysNothing(body) {
            return .answer(.problem(400, "The body is to be empty, or {}."))
        }
        return .answer(await resource.answer(resources, Asked(body: body, query: head.fields.bytes[head.query])))
    }

    /// Whether a body is empty, or an object without members: libraries send one where there is nothing to be said.
    private static func saysNothing(_ body: [UInt8]) -> Bool {
        // RFC 8259 §2: what may stand between tokens.
        let said = body.lazy.filter { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return said.isEmpty || said.elementsEqual("{}".utf8)
    }

    /// Its page, its stream, and a place for it; nil where something else is asked for.
    private func dashboard(_ head: RequestHead, _ path: String, _ role: ManagementAccess.Role) async -> ServiceReply? {
        if head.method == .post, path == DashboardResources.page { return await resources.offerDashboard() }
        guard head.method == .get || head.method == .head else { return nil }
        switch path {
        case DashboardResources.page: return .answer(DashboardResources.answer)
        case DashboardResources.events: return await resources.events(head, role)
        default: return nil
        }
    }
}

extension ServiceAnswer {
    /// A value as JSON.
    static func json(_ value: some Encodable, status: Int = 200) -> ServiceAnswer {
        ServiceAnswer(status: status, contentType: "application/json", body: encoded(value))
    }

    /// Of a request that could not be read.
    /// - Parameter word: which rule it breaks.
    static func refusal(_ status: Int, _ word: String) -> ServiceAnswer {
        .problem(status, "The request cannot be taken: \(word).")
    }

    /// A problem document without more than its title.
    static func problem(_ status: Int, _ title: String, fields: FieldSection = FieldSection()) -> ServiceAnswer {
        problem(AdminProblem(title: title, status: status), fields: fields)
    }

    static func problem(_ problem: AdminProblem, fields: FieldSection = FieldSection()) -> ServiceAnswer {
        ServiceAnswer(
            status: problem.status, contentType: "application/problem+json", fields: fields, body: encoded(problem))
    }

    private static func encoded(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        // These types hold nothing that JSON has no form for.
        guard let data = try? encoder.encode(value) else { return [] }
        return Array(data) + [0x0A]
    }
}
