import Configuration
import HTTP
import Transport
import Upstreams

/// The fields of an access line, one by one.
extension AccessLine {
    /// Writes a field: nothing, or `-` in a text, where there is nothing to be told.
    func write(_ field: LogField, as form: FieldForm, to out: inout OutputSpan<UInt8>) {
        switch field {
        case .client:
            form.begin(isNumber: false, &out)
            writeClient(to: &out)
            form.end(isNumber: false, &out)
        case .peer:
            form.begin(isNumber: false, &out)
            writePeer(to: &out)
            form.end(isNumber: false, &out)
        case .site: word(record.site?.names.site, record.site?.names.siteText, form, &out)
        case .user: word(record.user, form, &out)
        case .status: form.write(number: UInt64(record.status), to: &out)
        case .grpc_status: number(record.grpcStatus.map { UInt64($0) }, form, &out)
        case .request_id, .trace_id, .span_id: writeIdentifier(field, as: form, to: &out)
        case .route: word(record.route?.names.route, record.route?.names.routeText, form, &out)
        case .upstream: word(record.server?.url, form, &out)
        case .attempts: number(record.attempts > 1 ? UInt64(record.attempts) : nil, form, &out)
        case .not_retried: word(record.notRetried?.rawValue, form, &out)
        case .wait_ms: milliseconds(record.waitDuration, form, &out)
        case .connect_ms: milliseconds(record.connectDuration, form, &out)
        case .upstream_ms: milliseconds(record.upstreamDuration, form, &out)
        case .blame: word(record.failure?.blame.rawValue, form, &out)
        case .detail: word(record.failure.flatMap { $0.detail.isEmpty ? nil : $0.detail }, form, &out)
        case .configuration: word(configuration.isEmpty ? nil : configuration, form, &out)
        case .tls, .tls_version, .cipher, .server_name, .alpn, .resumed, .client_cert:
            form.write(LoggedConnection.value(of: field, endpoint, passedName), by: escape, to: &out)
        case .time, .time_common, .bytes_in, .bytes_out, .ms, .ns, .frames_in, .frames_out, .messages_in, .messages_out,
            .violations, .closed_by, .close_code, .reason, .key:
            writeDecidedByEnd(field, as: form, to: &out)
        case .method, .target, .path, .query, .host, .domain, .version, .http_version, .stream, .connection_requests, .referer,
            .user_agent:
            writeOfRequest(field, as: form, to: &out)
        }
    }

    // MARK: What a tunnel's end decides

    /// A placeholder in a tunnel's line.
    private func writeDecidedByEnd(_ field: LogField, as form: FieldForm, to out: inout OutputSpan<UInt8>) {
        guard let time else {
            if case .reason = field, let reason = record.reason { return form.write(reason.word, by: escape, to: &out) }
            if case .key = field, let key = record.failure?.key { return form.write(key, by: escape, to: &out) }
            guard let placeholder = Placeholder(field) else { return form.writeNothing(to: &out) }
            form.begin(isNumber: !placeholder.isWord, &out)
            out.write(placeholder.rawValue)
            return form.end(isNumber: !placeholder.isWord, &out)
        }
        switch field {
        case .bytes_in: form.write(number: record.bodyBytesReceived, to: &out)
        case .bytes_out: form.write(number: record.bodyBytesSent, to: &out)
        case .ms: form.write(milliseconds: record.duration, to: &out)
        case .ns: form.write(number: record.duration, to: &out)
        case .reason: word(record.reason?.word, form, &out)
        case .key: word(record.failure?.key, form, &out)
        case .time:
            form.begin(isNumber: false, &out)
            time.write(to: &out)
            form.end(isNumber: false, &out)
        case .time_common:
            form.begin(isNumber: false, &out)
            time.writeCommon(to: &out)
            form.end(isNumber: false, &out)
        default: form.writeNothing(to: &out)
        }
    }

    private func writeIdentifier(_ field: LogField, as form: FieldForm, to out: inout OutputSpan<UInt8>) {
        if case .request_id = field {
            guard let id = record.requestID else { return form.writeNothing(to: &out) }
            form.begin(isNumber: false, &out)
            id.write(to: &out)
        } else {
            guard let trace = record.trace else { return form.writeNothing(to: &out) }
            form.begin(isNumber: false, &out)
            if case .trace_id = field { trace.writeTrace(to: &out) } else { out.write(wholeHex: trace.span) }
        }
        form.end(isNumber: false, &out)
    }

    // MARK: What its head tells

    private func writeOfRequest(_ field: LogField, as form: FieldForm, to out: inout OutputSpan<UInt8>) {
        if case .version = field, client == nil { return form.write("TCP", to: &out) }
        guard let head else { return form.writeNothing(to: &out) }
        switch field {
        case .method: write(part(head.method), form, &out)
        case .target: writeRedacted(part(head.target), form, &out)
        case .path: writeRedacted(part(head.target).map { path(of: $0) }, form, &out)
        case .query: writeQuery(of: part(head.target), form, &out)
        // One that is no host may have whatever before it.
        case .host where head.host == nil: writeRedacted(part(head.authority), form, &out)
        case .host: write(part(head.authority), form, &out)
        case .domain: write(head.host.flatMap { part($0) }, form, &out)
        case .version: literal(head.version?.inRequestLine, form, &out)
        case .http_version: literal(head.version?.number, form, &out)
        case .stream: number(client?.streamNumbers.map { UInt64($0.stream) }, form, &out)
        case .connection_requests: number(client?.streamNumbers.map { UInt64($0.request) }, form, &out)
        case .referer: writeRedacted(fields.first(.referer).flatMap { part($0.value) }, form, &out)
        case .user_agent: write(fields.first(.userAgent).flatMap { part($0.value) }, form, &out)
        default: form.writeNothing(to: &out)
        }
    }

    /// A target up to its query.
    private func path(of target: Range<Int>) -> Range<Int> {
        target.lowerBound..<(fields.bytes[target].firstIndex(of: UInt8(ascii: "?")) ?? target.upperBound)
    }

    /// Writes the query without its question mark.
    private func writeQuery(of target: Range<Int>?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        guard let target else { return form.writeNothing(to: &out) }
        let redacted = style.redaction.redacted(fields.bytes[target])
        guard let question = redacted.firstIndex(of: UInt8(ascii: "?")) else { return form.writeNothing(to: &out) }
        form.write(redacted.span.extracting(droppingFirst: question - redacted.startIndex + 1), by: escape, to: &out)
    }

    private func writeRedacted(_ range: Range<Int>?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        guard let range, !style.redaction.isEmpty || mayNameUser(range) else { return write(range, form, &out) }
        let redacted = style.redaction.redacted(fields.bytes[range])
        form.write(redacted.span, by: escape, to: &out)
    }

    /// May a name and a password stand in it, before a host?
    private func mayNameUser(_ range: Range<Int>) -> Bool {
        let text = fields.bytes[range]
        return text.first != UInt8(ascii: "/") && text.contains(UInt8(ascii: "@"))
    }

    /// Writes bytes of the head.
    private func write(_ range: Range<Int>?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        guard let range else { return form.writeNothing(to: &out) }
        form.write(fields.bytes.span.extracting(range), by: escape, to: &out)
    }

    // MARK: What may be missing

    private func word(_ word: String?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        if let word { form.write(word, by: escape, to: &out) } else { form.writeNothing(to: &out) }
    }

    /// - Parameter text: the same as JSON writes it.
    private func word(
        _ word: @autoclosure () -> String?, _ text: [UInt8]?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>
    ) {
        guard let text else { return form.writeNothing(to: &out) }
        switch form {
        case .member(let name):
            out.write(name)
            out.write(text)
        case .attribute:
            form.begin(isNumber: false, &out)
            out.write(jsonText: word() ?? "")
            form.end(isNumber: false, &out)
        case .text: self.word(word(), form, &out)
        }
    }

    private func literal(_ literal: StaticString?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        if let literal { form.write(literal, to: &out) } else { form.writeNothing(to: &out) }
    }

    private func number(_ number: UInt64?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        if let number { form.write(number: number, to: &out) } else { form.writeNothing(to: &out) }
    }

    private func milliseconds(_ nanoseconds: UInt64?, _ form: FieldForm, _ out: inout OutputSpan<UInt8>) {
        if let nanoseconds { form.write(milliseconds: nanoseconds, to: &out) } else { form.writeNothing(to: &out) }
    }
}

extension AccessLine.Placeholder {
    /// Nil: a tunnel's end does not decide it.
    fileprivate init?(_ field: LogField) {
        switch field {
        case .time: self = .time
        case .time_common: self = .commonTime
        case .bytes_in: self = .bytesReceived
        case .bytes_out: self = .bytesSent
        case .ms: self = .duration
        case .ns: self = .nanoseconds
        case .frames_in: self = .framesIn
        case .frames_out: self = .framesOut
        case .messages_in: self = .messagesIn
        case .messages_out: self = .messagesOut
        case .violations: self = .violations
        case .closed_by: self = .closedBy
        case .close_code: self = .closeCode
        case .reason: self = .reason
        case .key: self = .key
        default: return nil
        }
    }

    /// Is it no number?
    fileprivate var isWord: Bool {
        switch self {
        case .time, .commonTime, .closedBy, .reason, .key: true
        default: false
        }
    }
}
