import HTTP

/// The chat's page: one file without outside resources, built into the program from `Page/chat.html`.
enum ChatPage {
    static func answer(to head: RequestHead) -> ServiceAnswer {
        guard head.string(head.path) == "/" else {
            return ServiceAnswer(status: 404, contentType: "text/plain", body: Array("nothing here; the chat is at /\n".utf8))
        }
        guard head.method == .get || head.method == .head else {
            let words = Array("the page can only be read\n".utf8)
            return ServiceAnswer(status: 405, contentType: "text/plain", fields: "Allow: GET, HEAD\r\n", body: words)
        }
        return ServiceAnswer(
            contentType: "text/html; charset=utf-8", fields: policy, body: PackageResources.chat_html)
    }

    /// The page may run its own script and talk to its own origin; nothing else, whatever somebody says in the chat.
    private static let policy: StaticString =
        """
        Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
        connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n
        """
}
