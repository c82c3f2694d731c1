import Configuration
import HTTP
import TLS
import Transport
import Upstreams

/// What an access line says of one field.
enum LogValue {
    /// Whatever a peer sent: it is escaped.
    case bytes(ArraySlice<UInt8>)
    /// A word of the configuration's, the system's or ours.
    case word(String)
    case literal(StaticString)
    case number(UInt64)
    /// Nanoseconds, to be told as milliseconds.
    case milliseconds(UInt64)
    case flag(Bool)
    case requestID(RequestID)
    case trace(TraceContext)
    /// A span's.
    case identifier(UInt64)
    /// A number that a tunnel's end decides.
    case blank(AccessLine.Blank)
    /// A word or a time of that kind.
    case quotedBlank(AccessLine.Blank)
}

extension AccessLine {
    /// Nil where there is nothing to be told.
    func value(of field: LogField) -> LogValue? {
        switch field {
        case .time: .quotedBlank(.time)
        case .time_common: .quotedBlank(.commonTime)
        case .client: .word(clientAddress)
        case .peer: .word(endpoint.peer.host)
        case .site: record.site.map { .word($0.name) }
        case .user: record.user.map { .word($0) }
        case .status: .number(UInt64(record.status))
        case .grpc_status: record.grpcStatus.map { .number(UInt64($0)) }
        case .bytes_in: .blank(.bytesReceived)
        case .bytes_out: .blank(.bytesSent)
        case .ms: .blank(.duration)
        case .ns: .blank(.nanoseconds)
        case .request_id: record.requestID.map { .requestID($0) }
        case .trace_id: record.trace.map { .trace($0) }
        case .span_id: record.trace.map { .identifier($0.span) }
        case .route: record.route.map { .word($0.text) }
        case .upstream: record.server.map { .word($0.url) }
        case .attempts: record.attempts > 1 ? .number(UInt64(record.attempts)) : nil
        case .not_retried: record.notRetried.map { .word($0.rawValue) }
        case .wait_ms: record.waitDuration.map { .milliseconds($0) }
        case .connect_ms: record.connectDuration.map { .milliseconds($0) }
        case .upstream_ms: record.upstreamDuration.map { .milliseconds($0) }
        case .frames_in, .frames_out, .messages_in, .messages_out, .violations, .closed_by, .close_code: tunnelValue(of: field)
        case .reason: record.reason.map { .word($0.word) } ?? (time == nil ? .quotedBlank(.reason) : nil)
        case .key: record.failure?.key.map { .word($0) } ?? (time == nil ? .quotedBlank(.key) : nil)
        case .blame: record.failure.map { .word($0.blame.rawValue) }
        case .detail: record.failure.flatMap { $0.detail.isEmpty ? nil : .word($0.detail) }
        case .configuration: configuration.isEmpty ? nil : .word(configuration)
        case .tls, .tls_version, .cipher, .server_name, .alpn, .resumed, .client_cert: tlsValue(of: field)
        case .version where client == nil: .literal("TCP")
        default: request.flatMap { value(of: field, in: $0) }
        }
    }

    /// What its head tells.
    private func value(of field: LogField, in request: RequestHead) -> LogValue? {
        switch field {
        case .method: text(request, request.methodRange).map { .bytes($0) }
        case .target: text(request, request.target).map { .bytes(style.redaction.redacted($0)) }
        case .path:
            text(request, request.target).map { target in .bytes(target.prefix { $0 != UInt8(ascii: "?") }) }
        case .query: query(of: request).map { .bytes($0) }
        case .host: text(request, request.authorityRange).map { .bytes($0) }
        case .domain: request.authority.flatMap { text(request, $0.host) }.map { .bytes($0) }
        case .version: version(of: request).map { .literal($0) }
        case .http_version:
            request.hasRequestLine ? .literal(request.isHTTP2 ? "2" : request.minorVersion == 0 ? "1.0" : "1.1") : nil
        case .stream: client?.place.map { .number(UInt64($0.stream)) }
        case .connection_requests: client?.place.map { .number(UInt64($0.request)) }
        case .referer: value(.referer).map { .bytes(style.redaction.redacted($0)) }
        case .user_agent: value(.userAgent).map { .bytes($0) }
        default: nil
        }
    }

    /// Without its question mark; nil if the target has none.
    private func query(of request: RequestHead) -> ArraySlice<UInt8>? {
        guard let target = text(request, request.target) else { return nil }
        let redacted = style.redaction.redacted(target)
        return redacted.firstIndex(of: UInt8(ascii: "?")).map { redacted[($0 + 1)...] }
    }

    private func tlsValue(of field: LogField) -> LogValue? {
        switch field {
        case .tls: endpoint.tls.map { .word($0.version) }
        case .tls_version: endpoint.tls.map { .word($0.version.hasPrefix("TLSv") ? String($0.version.dropFirst(4)) : $0.version) }
        case .cipher: endpoint.tls.map { .word($0.cipher) }
        case .server_name: (endpoint.session?.serverName ?? passedName).map { .word($0) }
        case .alpn: endpoint.session?.facts.alpn.map { .word($0) }
        case .resumed: endpoint.session.map { .flag($0.isResumed) }
        case .client_cert: endpoint.clientCertificate.map { .word($0.subject) }
        default: nil
        }
    }

    /// Blanks for a tunnel's end; nothing for others.
    private func tunnelValue(of field: LogField) -> LogValue? {
        guard time == nil else { return nil }
        return switch field {
        case .frames_in: .blank(.framesIn)
        case .frames_out: .blank(.framesOut)
        case .messages_in: .blank(.messagesIn)
        case .messages_out: .blank(.messagesOut)
        case .violations: .blank(.violations)
        case .closed_by: .quotedBlank(.closedBy)
        case .close_code: .blank(.closeCode)
        default: nil
        }
    }

    // MARK: Formats of fields

    /// A JSON object: its names are literals that begin with a comma and end with a colon.
    /// - Parameter beginning: up to the time, in its quotes.
    func appendObject(
        _ names: [(field: LogField, name: StaticString)], beginning: StaticString, to out: inout [UInt8]
    ) {
        out.append(beginning)
        appendTime(to: &out)
        out.append("\"")
        for (field, name) in names {
            // All that a tunnel's end tells stands at one place.
            if field == .closed_by {
                blank(.ending, to: &out) { _ in }
                continue
            }
            if time == nil, field == .reason || field == .key, record.reason == nil { continue }
            guard let value = value(of: field) else { continue }
            out.append(name)
            append(value, inQuotes: true, to: &out)
        }
        out.append("}")
    }

    /// A text with fields in braces; what is not to be told is `-`.
    func append(_ format: LogFormat, to out: inout [UInt8]) {
        for piece in format.pieces {
            switch piece {
            case .text(let text): out.append(contentsOf: text.utf8)
            case .field(let field):
                if let value = value(of: field) { append(value, inQuotes: false, to: &out) } else { out.append("-") }
            }
        }
    }

    func append(_ value: LogValue, inQuotes: Bool, to out: inout [UInt8]) {
        switch value {
        case .number(let number): out.append(decimal: number)
        case .milliseconds(let nanoseconds): Self.appendMilliseconds(nanoseconds, to: &out)
        case .flag(let flag): out.append(flag ? "true" : "false")
        case .blank(let blank): append(blank, to: &out)
        case .bytes, .word, .literal, .requestID, .trace, .identifier, .quotedBlank:
            if inQuotes { out.append("\"") }
            switch value {
            case .bytes(let bytes): escape(bytes, to: &out)
            case .word(let word): escape(Array(word.utf8)[...], to: &out)
            case .literal(let word): out.append(word)
            case .requestID(let id): id.append(to: &out)
            case .trace(let trace): trace.appendTrace(to: &out)
            case .identifier(let number): TraceContext.append(hex: number, to: &out)
            case .quotedBlank(let blank): append(blank, to: &out)
            default: break
            }
            if inQuotes { out.append("\"") }
        }
    }

    /// The blank itself in a template, and otherwise what it stands for.
    private func append(_ place: Blank, to out: inout [UInt8]) {
        blank(place, to: &out) { out in
            switch place {
            case .time: Timestamp.append(nanoseconds: time ?? 0, to: &out)
            case .commonTime: Timestamp.appendCommon(nanoseconds: time ?? 0, to: &out)
            case .bytesReceived: out.append(decimal: record.bodyBytesReceived)
            case .bytesSent: out.append(decimal: record.bodyBytesSent)
            case .duration: Self.appendMilliseconds(record.duration, to: &out)
            case .nanoseconds: out.append(decimal: record.duration)
            default: break
            }
        }
    }
}
