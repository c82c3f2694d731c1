import HTTP
import StaticFiles

/// An answer that Gatehouse makes itself, with its page: a refusal, a failure, a redirect. It always says so (RFC 9209).
struct OwnAnswer {
    /// The page.
    enum Body {
        case made([UInt8])
        /// The operator's.
        case file(ErrorPage)

        var count: UInt64 {
            switch self {
            case .made(let bytes): UInt64(bytes.count)
            case .file(let page): page.length
            }
        }
    }

    let status: Int
    let body: Body
    private let fields: AnswerFields
    private let siteFields: AnswerFields
    private let hasDate: Bool

    /// The page for a failure.
    /// - Parameters:
    ///   - request: nil if it could not be read.
    ///   - headers: the rules of its site or route.
    ///   - name: whose answer it is.
    ///   - page: the operator's; nil: one is made.
    static func page(
        for failure: Failure, to request: RequestHead?, headers: HeaderPlan, by name: ProxyName, page: ErrorPage? = nil
    ) -> OwnAnswer {
        // What was typed by hand is answered for a terminal.
        let style: AnswerPage.Style? = failure.isOfTyping && request?.accepts("text/html") != true ? .text : nil
        return OwnAnswer(
            failure.status, failure.reason, message: failure.clientDetail, request, headers, name, page, style: style
        ) { fields in
            fields.append(failure.fields)
            // RFC 9110 §10.2.3. Whoever is told nothing of a 503 asks again at once.
            if let seconds = failure.retryAfter ?? (failure.status == 503 ? 1 : nil) { fields.append("Retry-After", seconds) }
        }
    }

    /// The status of a redirect to https. RFC 9110 §15.4: 301 for what may be repeated as GET anyway, 308 for what must keep its
    /// method and body.
    static func statusToHTTPS(for method: HTTP.Method) -> Int { method == .get || method == .head ? 301 : 308 }

    static func redirect(_ request: RequestHead, toPort port: Int, headers: HeaderPlan, by name: ProxyName) -> OwnAnswer {
        OwnAnswer(
            statusToHTTPS(for: request.method), .exchange(.redirectToHTTPS), message: "This site is served over HTTPS.", request,
            headers, name
        ) { fields in
            fields.append("Location") { value in
                value.append("https://")
                value.append(contentsOf: request.hostText.utf8)
                if port != 443 {
                    value.append(0x3A)
                    value.append(decimal: UInt64(port))
                }
                // The asterisk of OPTIONS is no path.
                if request.form == .asterisk {
                    value.append(0x2F)
                } else {
                    value.append(request.fields.bytes, request.pathAndQuery)
                }
            }
        }
    }

    /// To OPTIONS that was meant for us alone. Which methods a path takes only its upstream knows; about the server as a whole
    /// `Allow` names what there is for any path (RFC 9110 §9.3.7).
    static func options(_ request: RequestHead, headers: HeaderPlan, by name: ProxyName) -> OwnAnswer {
        OwnAnswer(
            200, .exchange(.options), message: "This is the gateway; the request went no further, as it asked.", request, headers,
            name
        ) { fields in
            if request.form == .asterisk { fields.append("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS") }
        }
    }

    /// The answer to a health check of a site that is ready.
    static func ready(_ request: RequestHead, headers: HeaderPlan, by name: ProxyName) -> OwnAnswer {
        OwnAnswer(200, .exchange(.ready), message: "The site is ready.", request, headers, name) { _ in }
    }

    /// The answer to a browser's question whether a page of another origin may send a request, which goes no further.
    static func preflight(
        _ request: RequestHead, _ answer: AnswerFields, headers: HeaderPlan, by name: ProxyName
    ) -> OwnAnswer {
        OwnAnswer(204, .exchange(.crossOriginPreflight), message: "", request, headers, name) { $0.append(answer) }
    }

    /// The answer to an ACME authority that looks for what proves a name (RFC 8555 §8.3).
    static func challenge(_ request: RequestHead, _ text: String, by name: ProxyName) -> OwnAnswer {
        OwnAnswer(200, .exchange(.challenge), message: "", request, .none, name, text: text) { _ in }
    }

    /// A redirect to a path of the same site: a directory without its slash.
    static func redirect(_ request: RequestHead, toPath path: String, headers: HeaderPlan, by name: ProxyName) -> OwnAnswer {
        OwnAnswer(301, .exchange(.directory), message: "The directory is at \(path)", request, headers, name) { fields in
            fields.append("Location") { value in
                value.append(contentsOf: path.utf8)
                value.append(request.fields.bytes, request.query)
            }
        }
    }

    /// A redirect to where a route sends its clients.
    static func redirect(
        _ request: RequestHead, to location: [UInt8], _ status: Int, headers: HeaderPlan, by name: ProxyName
    ) -> OwnAnswer {
        let target = String(decoding: location, as: UTF8.self)
        return OwnAnswer(status, .exchange(.redirect), message: "Go to \(target)", request, headers, name) { fields in
            fields.append("Location") { $0.append(location.span) }
        }
    }

    /// The page about a directory, which nobody keeps: files come and go.
    static func listing(
        _ listing: DirectoryListing, to request: RequestHead, headers: HeaderPlan, by name: ProxyName
    ) -> OwnAnswer {
        let page = ListingPage(listing, path: request.string(request.path), asJSON: request.prefersJSON)
        var fields = AnswerFields("Content-Type", page.mediaType)
        fields.append("Cache-Control", "no-cache")
        fields.append("Vary", "Accept")
        fields.append("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        return OwnAnswer(200, fields, page.body, .exchange(.listing), headers, name)
    }

    /// What a route always answers with.
    /// - Parameter page: the operator's, for an answer without a body; nil: there is none.
    static func fixed(
        _ answer: FixedAnswerPlan, page: ErrorPage? = nil, headers: HeaderPlan, by name: ProxyName
    ) -> OwnAnswer {
        var fields = answer.fields
        if let page { fields.append("Content-Type", page.mediaType) }
        return OwnAnswer(answer.status, fields, answer.body, .exchange(.respond), headers, name, page)
    }

    /// What is known of the client's own connection, which nobody keeps: the next one is another.
    static func tlsInfo(_ page: TLSInfoPage, headers: HeaderPlan, by name: ProxyName) -> OwnAnswer {
        var fields = AnswerFields("Content-Type", page.mediaType)
        fields.append("Cache-Control", "no-store")
        fields.append("Vary", "Accept")
        return OwnAnswer(200, fields, page.body, .exchange(.tlsInfo), headers, name)
    }

    private init(
        _ status: Int, _ fields: AnswerFields, _ body: [UInt8], _ reason: Reason, _ headers: HeaderPlan, _ name: ProxyName,
        _ page: ErrorPage? = nil
    ) {
        self.status = status
        if let page { self.body = .file(page) } else { self.body = .made(body) }
        siteFields = headers.own.common
        hasDate = headers.own.replacesDate
        var fields = fields
        fields.append(proxyStatus: reason, by: name)
        headers.own.apply(to: &fields)
        self.fields = fields
    }

    private init(
        _ status: Int, _ reason: Reason, message: String, _ request: RequestHead?, _ headers: HeaderPlan,
        _ name: ProxyName, _ file: ErrorPage? = nil, text: String? = nil, style: AnswerPage.Style? = nil,
        _ addFields: (inout AnswerFields) -> Void
    ) {
        let mediaType: String?
        if status == 204 {
            (mediaType, body) = (nil, .made([]))
        } else if let text {
            (mediaType, body) = ("application/octet-stream", .made(Array(text.utf8)))
        } else if let file {
            (mediaType, body) = (file.mediaType, .file(file))
        } else {
            let style = request?.prefersJSON == true ? .json : style ?? .html
            let page = AnswerPage(status: status, reason: reason.word, message: message, style: style)
            (mediaType, body) = (page.mediaType, .made(page.body))
        }
        self.status = status
        let policy = status < 400 ? headers.own : headers.errors
        siteFields = policy.common
        hasDate = policy.replacesDate
        var fields = AnswerFields()
        fields.reserve(256)
        if let mediaType { fields.append("Content-Type", mediaType) }
        fields.append("Cache-Control", "no-store")
        fields.append(proxyStatus: reason, by: name)
        addFields(&fields)
        policy.apply(to: &fields)
        self.fields = fields
    }

    /// RFC 9110 §15.3.5 and §15.4.5.
    private var hasNoBody: Bool { status == 204 || status == 304 }

    /// Its head.
    /// - Parameters:
    ///   - isHead: does it answer HEAD? Then its length is stated, and no body follows.
    ///   - added: what the exchange adds.
    func head(isHead: Bool, adding added: AnswerFields) -> Answer {
        let length = body.count
        var fields = fields
        fields.append(added)
        return Answer(
            status: status, framing: isHead || hasNoBody ? .none : .length(length),
            // RFC 9110 §8.6: a 204 states no length, and a 304 that of another answer.
            statedLength: isHead && !hasNoBody ? length : nil, fields: fields,
            siteFields: siteFields, hasDate: hasDate)
    }
}
