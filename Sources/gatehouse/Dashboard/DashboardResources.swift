import Dashboard
import FoundationEssentials
import HTTP
import Messages
import TLS

/// What the dashboard's page is, and what it is allowed to do.
enum DashboardResources {
    static let page = "/dashboard"
    static let events = "/events"

    /// The page, for anybody: it holds nothing but itself.
    static var answer: ServiceAnswer {
        var fields = FieldSection()
        fields.append("Content-Security-Policy", policy)
        fields.append("X-Content-Type-Options", "nosniff")
        fields.append("Referrer-Policy", "no-referrer")
        fields.append("Cross-Origin-Opener-Policy", "same-origin")
        fields.append("Cross-Origin-Resource-Policy", "same-origin")
        return ServiceAnswer(contentType: "text/html; charset=utf-8", fields: fields, body: DashboardPage.html)
    }

    /// The page has one script and one style sheet, known by what they are (CSP level 3, "hash-source"), and may ask its own
    /// origin.
    private static let policy =
        """
        default-src 'none'; script-src 'sha256-\(hash(DashboardPage.script))'; \
        style-src 'sha256-\(hash(DashboardPage.style))'; img-src data:; connect-src 'self'; base-uri 'none'; \
        form-action 'none'; frame-ancestors 'none'
        """

    private static func hash(_ text: [UInt8]) -> String {
        let digits = Array(ContentHash.hexadecimal(text).utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }
}

extension AdminResources {
    /// Lets whoever asks watch, if there is a place.
    func events(_ head: RequestHead, _ role: ManagementAccess.Role) async -> ServiceReply {
        if head.method == .head { return .answer(ServiceAnswer(contentType: "text/event-stream", body: [])) }
        guard await feed.enter() else {
            var fields = FieldSection()
            fields.append("Retry-After", "10")
            return .answer(.problem(503, "\(SnapshotFeed.maxWatchers) watch already.", fields: fields))
        }
        let feed = feed
        // The first tells which buttons there are.
        let greeting = Array("retry: 2000\nevent: hello\ndata: {\"role\":\"\(role)\"}\n\n".utf8)
        return .stream(contentType: "text/event-stream", FieldSection()) { EventStream(feed, $0, greeting: greeting) }
    }
}
