/// What is done with the requests of a route.
package enum RouteAction: Sendable, Equatable {
    /// They go to the pool that ``Route/upstream`` names.
    case proxy
    case redirect(Redirect)
    case respond(FixedAnswer)
    /// The site's files: the first of these paths that is there, which may have variables; the request's own if there are none.
    case files([String])
    /// What is known of the client's own TLS connection.
    case tlsInfo
    /// What everybody may know of how the gateway is.
    case internalAPI(InternalAPI)
}

/// `redirect` and `redirect_status`.
package struct Redirect: Sendable, Equatable {
    /// A URL or a path; it may have variables.
    package var target: String
    /// nil: 302, and 307 where the method must stay.
    package var status: Int?

    package init(target: String, status: Int?) {
        self.target = target
        self.status = status
    }
}

/// `respond`: an answer that is always the same.
package struct FixedAnswer: Sendable, Equatable {
    package var status = 200
    package var body = ""
    package var contentType = "text/plain; charset=utf-8"
    /// Their values may have variables.
    package var headers: [HeaderField] = []
}

extension RouteAction {
    /// Reads the keys of a route, or of a whole site, that answer by themselves; nil if none is written.
    static func reading(_ table: TableReader) -> RouteAction? {
        let redirect = Redirect(reading: table)
        let answer = table.table("respond")
        let respond = FixedAnswer(reading: answer)
        if redirect != nil, answer.isWritten {
            table.error(
                at: "respond", "there is a redirect already",
                hint: "keep one of them")
        }
        if let redirect { return .redirect(redirect) }
        return answer.isWritten ? .respond(respond) : nil
    }
}

extension Redirect {
    private static let statuses = [301, 302, 303, 307, 308]

    init?(reading table: TableReader) {
        let text = table.string(["redirect"], allowEmpty: false)
        if let status = table.integer(["redirect_status"], in: 300...399) {
            if !Self.statuses.contains(status.value) {
                table.reading.error(status, "\(status.value) does not send a client elsewhere", hint: "301, 302, 303, 307 or 308")
            }
            self.status = status.value
            if !table.has("redirect"), !table.has("redirect_hostnames") {
                table.reading.error(status, "does nothing without redirect", hint: "add redirect = \"https://…{uri}\"")
            }
        }
        guard let text else { return nil }
        target = text.value
    }
}

extension FixedAnswer {
    init(reading table: TableReader) {
        table.read("status", into: &status, in: 200...599)
        // nginx's word for "close", which it never sends.
        if status == 444 {
            table.warning(
                at: "status", "is sent as the status 444: no connection is closed without an answer",
                hint: "421 says that this name is not served here; with TLS, strict_sni = true refuses unknown names")
        }
        table.readText("body", into: &body)
        table.read("content_type", into: &contentType)
        headers = table.table("headers").headerFields()
        // RFC 9110 §15.3.5, §15.3.6 and §15.4.5: they have no content.
        if [204, 205, 304].contains(status), !body.isEmpty {
            table.error(
                at: "body", "an answer with status \(status) has no content",
                hint: "leave it out")
        }
        table.finish()
    }
}
