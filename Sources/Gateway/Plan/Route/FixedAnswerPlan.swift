import Configuration
import HTTP

/// An answer that is the same for every request of a route.
final class FixedAnswerPlan: Sendable {
    let status: Int
    let body: [UInt8]
    /// The fields of the body, if there is one.
    let fields: AnswerFields
    /// Is it an error that says nothing itself, for which a page of the site's `error_pages` speaks?
    let takesPage: Bool

    /// JSON that is true now, and that nobody may keep.
    init(status: Int, json: String) {
        self.status = status
        body = Array(json.utf8)
        var fields = AnswerFields("Content-Type", "application/json")
        fields.append("Cache-Control", "no-store")
        self.fields = fields
        takesPage = false
    }

    init(_ answer: FixedAnswer) {
        status = answer.status
        body = Array(answer.body.utf8)
        var fields = AnswerFields()
        if !body.isEmpty { fields.append("Content-Type", answer.contentType) }
        // As of every other error: it may be gone the next time.
        if status >= 400 { fields.append("Cache-Control", "no-store") }
        self.fields = fields
        takesPage = status >= 400 && body.isEmpty
    }
}
