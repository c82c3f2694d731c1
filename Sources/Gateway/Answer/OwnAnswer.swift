import HTTP

/// An answer that Gatehouse makes itself: a refusal, a failure, a redirect. It always says so (RFC 9209).
struct OwnAnswer {
    let status: Int
    let body: [UInt8]
    private let contentType: StaticString
    private var lines: [UInt8]

    /// The page for a failure: JSON for a client that prefers it, a small HTML page otherwise.
    static func page(for failure: Failure, to request: RequestHead?, headers: HeaderPlan?) -> OwnAnswer {
        var lines = ProxyStatus.line(failure)
        lines.append(failure.fields.span)
        if failure.status == 503 {
            lines.append("Retry-After: ")
            lines.append(decimal: failure.retryAfter ?? 1)
            lines.append("\r\n")
        }
        return OwnAnswer(failure.status, reason: failure.reason, words: failure.publicWords, request, headers, lines)
    }

    /// RFC 9110 §15.4: 301 for what may be repeated as GET anyway, 308 for what must keep its method and body.
    static func redirect(_ request: RequestHead, toPort port: Int, headers: HeaderPlan?) -> OwnAnswer {
        let keepsMethod = request.method != .get && request.method != .head
        var lines: [UInt8] = []
        lines.append("Location: https://")
        lines.append(contentsOf: request.hostText.utf8)
        if port != 443 {
            lines.append(0x3A)
            lines.append(decimal: UInt64(port))
        }
        // The asterisk of OPTIONS is no path.
        if request.form == .asterisk { lines.append(0x2F) } else { lines.append(request.fields.bytes, request.pathAndQuery) }
        lines.append("\r\nProxy-Status: gatehouse; details=\"redirect_to_https\"\r\n")
        return OwnAnswer(
            keepsMethod ? 308 : 301, reason: "redirect_to_https", words: "This site is served over HTTPS.", request, headers,
            lines)
    }

    /// To OPTIONS that was meant for us alone.
    static func options(_ request: RequestHead, headers: HeaderPlan?) -> OwnAnswer {
        OwnAnswer(
            200, reason: "options", words: "This is the gateway; the request went no further, as it asked.", request, headers,
            Array("Proxy-Status: gatehouse\r\n".utf8))
    }

    /// To a path of the same site: a directory without its slash.
    static func redirect(_ request: RequestHead, toPath path: String, headers: HeaderPlan?) -> OwnAnswer {
        var lines: [UInt8] = []
        lines.append("Location: ")
        lines.append(contentsOf: path.utf8)
        lines.append(request.fields.bytes, request.query)
        lines.append("\r\nProxy-Status: gatehouse; details=\"directory\"\r\n")
        return OwnAnswer(301, reason: "directory", words: "The directory is at \(path)", request, headers, lines)
    }

    /// Appends the field lines, without framing.
    func appendFields(date: [UInt8], to out: inout [UInt8]) {
        out.append("Date: ")
        out.append(date.span)
        out.append("\r\nContent-Type: ")
        out.append(contentType)
        out.append("\r\nCache-Control: no-store\r\n")
        out.append(lines.span)
    }

    private init(
        _ status: Int, reason: String, words: String, _ request: RequestHead?, _ headers: HeaderPlan?, _ lines: [UInt8]
    ) {
        self.status = status
        self.lines = (headers?.own ?? []) + lines
        if request?.prefersJSON ?? false {
            contentType = "application/json"
            body = Array("{\"status\":\(status),\"reason\":\"\(reason)\",\"message\":\"\(Self.escaped(words))\"}\n".utf8)
        } else {
            contentType = "text/html; charset=utf-8"
            body = Self.html(status, reason, words)
        }
    }

    private static func html(_ status: Int, _ reason: String, _ words: String) -> [UInt8] {
        let title = "\(status) \(StatusText.phrase(status))"
        return Array(
            """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:36em;padding:0 1em;color:#223}\
            code{color:#667}</style></head>
            <body><h1>\(title)</h1><p>\(escaped(words))</p><p><code>gatehouse: \(reason)</code></p></body></html>

            """.utf8)
    }

    /// For HTML and JSON alike: what could end a string or open a tag becomes an entity or a space.
    private static func escaped(_ words: String) -> String {
        var text = ""
        for scalar in words.unicodeScalars {
            switch scalar {
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            case "\"": text += "&quot;"
            case "\\": text += "/"
            default: if scalar.value >= 0x20 { text.unicodeScalars.append(scalar) } else { text += " " }
            }
        }
        return text
    }
}

/// The `Proxy-Status` field of RFC 9209.
enum ProxyStatus {
    /// A whole line: our name, the registered error type nearest to the reason, and the reason itself.
    static func line(_ failure: Failure) -> [UInt8] {
        var out: [UInt8] = []
        out.append("Proxy-Status: gatehouse; error=")
        out.append(errorType(failure))
        out.append("; details=\"")
        out.append(contentsOf: failure.reason.utf8)
        out.append("\"\r\n")
        return out
    }

    /// RFC 9209 §2.3.
    private static func errorType(_ failure: Failure) -> StaticString {
        switch failure.reason {
        case "upstream_connect_failed": "connection_refused"
        case "upstream_connect_timeout", "upstream_tls_timeout": "connection_timeout"
        case "upstream_unresolved": "dns_error"
        case "upstream_certificate_refused": "tls_certificate_error"
        case "upstream_tls_failed": "tls_protocol_error"
        case "upstream_closed_early": "connection_terminated"
        case "upstream_truncated": "http_response_incomplete"
        case "upstream_read_timeout", "upstream_first_byte_timeout": "http_response_timeout"
        // RFC 9209 §2.3.2.
        case "group_unavailable": "destination_unavailable"
        case "upstream_queue_full", "upstream_queue_timeout": "connection_limit_reached"
        case "upstream_write_timeout": "connection_write_timeout"
        case "no_route", "misdirected", "connect_refused", "origin_refused": "http_request_denied"
        default:
            switch failure.blame {
            case .client: "http_request_error"
            case .upstream: "http_protocol_error"
            case .gateway: "proxy_internal_error"
            }
        }
    }
}

extension Failure {
    /// What a client may know. Of an upstream's troubles only the kind: addresses and names inside stay in the log.
    var publicWords: String {
        switch blame {
        case .upstream:
            status == 504
                ? "The service behind this gateway did not answer in time." : "The service behind this gateway cannot answer."
        case .client, .gateway: detail.isEmpty ? "The request cannot be served: \(reason)." : detail
        }
    }
}
