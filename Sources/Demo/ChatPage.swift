import HTTP
import Messages

/// The chat's page: one file without outside resources, built into the program from `Page/chat.html`.
final class ChatPage: ServiceHandler {
    private let stage: StageService

    init(_ stage: StageService) {
        self.stage = stage
    }

    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        try await request.discardBody()
        let path = request.head.string(request.head.path)
        let isOfStage = path == StageService.path || path.hasPrefix(StageService.path + "/")
        return .answer(isOfStage ? stage.answer(to: request.head) : Self.answer(to: request.head))
    }

    private static func answer(to head: RequestHead) -> ServiceAnswer {
        guard head.string(head.path) == "/" else {
            return ServiceAnswer(status: 404, "nothing here; the chat is at /")
        }
        guard head.method == .get || head.method == .head else {
            var fields = FieldSection()
            fields.append("Allow", "GET, HEAD")
            return ServiceAnswer(status: 405, "the page can only be read", fields: fields)
        }
        var fields = FieldSection()
        fields.append("Content-Security-Policy", policy)
        return ServiceAnswer(contentType: "text/html; charset=utf-8", fields: fields, body: PackageResources.chat_html)
    }

    /// The page may run its own script and talk to its own origin; nothing else, whatever somebody says in the chat.
    private static let policy =
        """
        default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
        connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}
