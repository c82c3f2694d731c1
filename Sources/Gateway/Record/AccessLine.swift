import Configuration
import HTTP
import Transport
import Upstreams

/// The text of one access-log line. Whatever came from a peer is escaped, so that no request can forge a line.
struct AccessLine {
    let record: AccessRecord
    let client: any ClientSide
    let style: AccessLogStyle
    /// When it was made, in nanoseconds since 1970. Nil leaves out what a tunnel's end decides: see `Blank`.
    let time: UInt64?

    /// A place in a template. Nothing else in a line is a control byte, so a blank is one.
    enum Blank: UInt8 {
        case time = 1, bytesReceived, bytesSent, duration, ending
    }

    /// Of a request that was refused while it was read: the most bytes of each of its parts.
    private static let longestPart = 1024

    func append(to out: inout [UInt8]) {
        switch format {
        case .json: appendJSON(to: &out)
        case .combined: appendCombined(to: &out)
        case .compact: appendCompact(to: &out)
        }
    }

    /// One JSON object.
    private func appendJSON(to out: inout [UInt8]) {
        out.append("{\"time\":\"")
        appendTime(to: &out)
        out.append("\"")
        string("client", clientAddress, to: &out)
        string("site", record.site?.name, to: &out)
        string("user", record.user, to: &out)
        if let request {
            string("method", text(request, request.methodRange), to: &out)
            string("target", text(request, request.target).map(style.redaction.redacted), to: &out)
            string("host", text(request, request.authorityRange), to: &out)
            if let version = version(of: request) {
                key("version", to: &out)
                out.append("\"")
                out.append(version)
                out.append("\"")
            }
            if let place = client.place {
                number("stream", UInt64(place.stream), to: &out)
                number("connection_requests", UInt64(place.request), to: &out)
            }
            string("referer", value(.referer).map(style.redaction.redacted), to: &out)
            string("user_agent", value(.userAgent), to: &out)
        }
        number("status", UInt64(record.status), to: &out)
        key("bytes_in", to: &out)
        blank(.bytesReceived, to: &out) { $0.append(decimal: record.bodyBytesReceived) }
        key("bytes_out", to: &out)
        blank(.bytesSent, to: &out) { $0.append(decimal: record.bodyBytesSent) }
        key("ms", to: &out)
        blank(.duration, to: &out) { Self.appendMilliseconds(record.duration, to: &$0) }
        if let requestID = record.requestID {
            key("request_id", to: &out)
            out.append("\"")
            requestID.append(to: &out)
            out.append("\"")
        }
        string("route", record.route?.text, to: &out)
        string("upstream", record.server?.url, to: &out)
        if record.attempts > 1 { number("attempts", UInt64(record.attempts), to: &out) }
        string("not_retried", record.notRetried?.rawValue, to: &out)
        if let duration = record.upstreamDuration { milliseconds("upstream_ms", duration, to: &out) }
        string("tls", client.endpoint.tls?.version, to: &out)
        string("cipher", client.endpoint.tls?.cipher, to: &out)
        blank(.ending, to: &out) { _ in }
        string("reason", record.reason?.word, to: &out)
        if let failure = record.failure {
            string("blame", failure.blame.rawValue, to: &out)
            if !failure.detail.isEmpty { string("detail", failure.detail, to: &out) }
            string("key", failure.key, to: &out)
        }
        out.append("}")
    }

    /// The combined format of Apache and nginx, then what it lacks as `key=value`.
    private func appendCombined(to out: inout [UInt8]) {
        out.append(contentsOf: clientAddress.utf8)
        out.append(" - ")
        appendUser(to: &out)
        out.append(" [")
        appendTime(to: &out)
        out.append("] \"")
        appendRequestLine(to: &out)
        out.append("\" ")
        out.append(decimal: UInt64(record.status))
        out.append(0x20)
        blank(.bytesSent, to: &out) { $0.append(decimal: record.bodyBytesSent) }
        quotedField(.referer, to: &out)
        quotedField(.userAgent, to: &out)
        pair("site", record.site?.name, to: &out)
        appendPairs(to: &out)
    }

    /// One word, whatever is in the name.
    private func appendUser(to out: inout [UInt8]) {
        guard let user = record.user else { return out.append("-") }
        for byte in user.utf8 {
            if byte == 0x20 { out.append("\\x20") } else { escape([byte], to: &out) }
        }
    }

    /// A short line for a person to read.
    private func appendCompact(to out: inout [UInt8]) {
        appendTime(to: &out)
        out.append(0x20)
        out.append(contentsOf: clientAddress.utf8)
        out.append(" \"")
        appendRequestLine(to: &out)
        out.append("\" ")
        out.append(decimal: UInt64(record.status))
        out.append(0x20)
        blank(.bytesSent, to: &out) { $0.append(decimal: record.bodyBytesSent) }
        appendPairs(to: &out)
    }

    // MARK: -

    private var format: Logging.Format { style.format }

    private var request: RequestHead? { client.requestIfAny }

    /// The address that the site believes: through trusted proxies, the client behind them.
    private var clientAddress: String {
        guard let site = record.site, !site.trustedProxies.isEmpty, let request else { return client.endpoint.peer.host }
        return client.endpoint.clientAddress(of: request, for: site)?.text ?? client.endpoint.peer.host
    }

    private func blank(_ blank: Blank, to out: inout [UInt8], _ append: (inout [UInt8]) -> Void) {
        if time == nil { out.append(blank.rawValue) } else { append(&out) }
    }

    private func appendTime(to out: inout [UInt8]) {
        blank(.time, to: &out) { Self.append(time: time ?? 0, in: format, to: &$0) }
    }

    static func append(time: UInt64, in format: Logging.Format, to out: inout [UInt8]) {
        switch format {
        case .json, .compact: Timestamp.append(nanoseconds: time, to: &out)
        case .combined: Timestamp.appendCommon(nanoseconds: time, to: &out)
        }
    }

    private func appendRequestLine(to out: inout [UInt8]) {
        guard let request, let method = text(request, request.methodRange) else { return out.append("-") }
        escape(method, to: &out)
        out.append(0x20)
        if let target = text(request, request.target) {
            escape(style.redaction.redacted(target), to: &out)
        } else {
            out.append("-")
        }
        out.append(0x20)
        out.append(version(of: request) ?? "-")
    }

    /// Nil if it could not be read.
    private func version(of request: RequestHead) -> StaticString? {
        guard request.hasRequestLine else { return nil }
        if request.isHTTP2 { return "HTTP/2.0" }
        return request.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1"
    }

    /// The field's first line; nil without one.
    private func value(_ field: KnownField) -> ArraySlice<UInt8>? {
        guard let request, let line = request.fields.first(field) else { return nil }
        return text(request, line.value)
    }

    /// A part of the request's head; nil if it is empty. A whole head keeps to the limits; of another, a part may be anything.
    private func text(_ request: RequestHead, _ range: Range<Int>) -> ArraySlice<UInt8>? {
        guard !range.isEmpty else { return nil }
        let text = request.fields.bytes[range]
        return record.isRequestWhole ? text : text.prefix(Self.longestPart)
    }

    private func quotedField(_ field: KnownField, to out: inout [UInt8]) {
        out.append(" \"")
        if let value = value(field) {
            escape(field == .referer ? style.redaction.redacted(value) : value, to: &out)
        } else {
            out.append("-")
        }
        out.append("\"")
    }

    private func appendPairs(to out: inout [UInt8]) {
        if let place = client.place {
            out.append(" stream=")
            out.append(decimal: UInt64(place.stream))
            out.append(" connection_requests=")
            out.append(decimal: UInt64(place.request))
        }
        if format == .compact { pair("user", record.user, to: &out) }
        pair("route", record.route?.text, to: &out)
        pair("upstream", record.server?.url, to: &out)
        if record.attempts > 1 {
            out.append(" attempts=")
            out.append(decimal: UInt64(record.attempts))
        }
        pair("not_retried", record.notRetried?.rawValue, to: &out)
        out.append(" ms=")
        blank(.duration, to: &out) { Self.appendMilliseconds(record.duration, to: &$0) }
        if let duration = record.upstreamDuration {
            out.append(" upstream_ms=")
            Self.appendMilliseconds(duration, to: &out)
        }
        if let tls = client.endpoint.tls { pair("tls", "\(tls.version)/\(tls.cipher)", to: &out) }
        blank(.ending, to: &out) { _ in }
        pair("reason", record.reason?.word, to: &out)
        guard let failure = record.failure else { return }
        if let key = failure.key { pair("key", key, to: &out) }
        if !failure.detail.isEmpty {
            out.append(" detail=\"")
            escape(Array(failure.detail.utf8)[...], to: &out)
            out.append("\"")
        }
    }

    private func pair(_ name: StaticString, _ value: String?, to out: inout [UInt8]) {
        guard let value else { return }
        out.append(0x20)
        out.append(name)
        out.append(0x3D)
        escape(Array(value.utf8)[...], to: &out)
    }

    private func string(_ name: StaticString, _ value: String?, to out: inout [UInt8]) {
        guard let value else { return }
        string(name, Array(value.utf8)[...], to: &out)
    }

    /// Nothing if there is no value.
    private func string(_ name: StaticString, _ value: ArraySlice<UInt8>?, to out: inout [UInt8]) {
        guard let value else { return }
        key(name, to: &out)
        out.append("\"")
        escape(value, to: &out)
        out.append("\"")
    }

    private func number(_ name: StaticString, _ value: UInt64, to out: inout [UInt8]) {
        key(name, to: &out)
        out.append(decimal: value)
    }

    private func milliseconds(_ name: StaticString, _ value: UInt64, to out: inout [UInt8]) {
        key(name, to: &out)
        Self.appendMilliseconds(value, to: &out)
    }

    private func key(_ name: StaticString, to out: inout [UInt8]) {
        out.append(",\"")
        out.append(name)
        out.append("\":")
    }

    /// Milliseconds with three places: "12.045".
    static func appendMilliseconds(_ nanoseconds: UInt64, to out: inout [UInt8]) {
        let microseconds = nanoseconds / 1000
        out.append(decimal: microseconds / 1000)
        out.append(0x2E)
        let rest = microseconds % 1000
        if rest < 100 { out.append(0x30) }
        if rest < 10 { out.append(0x30) }
        out.append(decimal: rest)
    }

    /// Escapes quotes, backslashes and everything that is not printable ASCII: as JSON does, or as Apache and nginx do.
    private func escape(_ bytes: ArraySlice<UInt8>, to out: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                out.append(0x5C)
                out.append(byte)
            case 0x20..<0x7F: out.append(byte)
            default:
                out.append(format == .json ? "\\u00" : "\\x")
                out.append(hexDigit(byte >> 4))
                out.append(hexDigit(byte & 0x0F))
            }
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
