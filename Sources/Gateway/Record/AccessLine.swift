import Configuration
import HTTP
import Transport
import Upstreams

/// The text of one access-log line. Whatever came from a peer is escaped, so that no request can forge a line.
struct AccessLine {
    let record: AccessRecord
    /// Nil of a connection of `[[tcp]]`, which carries no request that is known of.
    let client: (any ClientSide)?
    let endpoint: ClientEndpoint
    /// What such a connection's client has asked for by SNI.
    let passedName: String?
    let style: AccessLogStyle
    /// When it was made, in nanoseconds since 1970. Nil leaves out what a tunnel's end decides: see `Blank`.
    let time: UInt64?

    /// Which configuration the exchange went by: the beginning of its hash, or nothing.
    let configuration: String

    init(_ record: AccessRecord, _ client: any ClientSide, _ style: AccessLogStyle, time: UInt64?, configuration: String) {
        (self.record, self.client, endpoint, passedName) = (record, client, client.endpoint, nil)
        (self.style, self.time, self.configuration) = (style, time, configuration)
    }

    /// Of a connection of `[[tcp]]`.
    init(
        _ record: AccessRecord, of endpoint: ClientEndpoint, named name: String?, _ style: AccessLogStyle, time: UInt64,
        configuration: String
    ) {
        (self.record, client, self.endpoint, passedName) = (record, nil, endpoint, name)
        (self.style, self.time, self.configuration) = (style, time, configuration)
    }

    /// A place in a template. Nothing else in a line is a control byte, so a blank is one. A line end is none of them.
    enum Blank: UInt8 {
        case time = 1, bytesReceived, bytesSent, duration, ending
        case framesIn, framesOut, messagesIn, messagesOut
        case violations = 0x0B, closedBy, closeCode, reason, key, nanoseconds, commonTime
    }

    /// Of a request that was refused while it was read: the most bytes of each of its parts.
    private static let longestPart = 1024

    func append(to out: inout [UInt8]) {
        switch format {
        case .json: appendObject(AccessLineNames.json, beginning: "{\"time\":\"", to: &out)
        case .ecs: appendObject(AccessLineNames.ecs, beginning: AccessLineNames.ecsBeginning, to: &out)
        case .otel: appendObject(AccessLineNames.otel, beginning: "{\"timestamp\":\"", to: &out)
        case .combined: appendCombined(to: &out)
        case .compact: appendCompact(to: &out)
        case .text(let text): append(text, to: &out)
        }
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

    var request: RequestHead? { client?.requestIfAny }

    /// The address that the site believes: through trusted proxies, the client behind them.
    var clientAddress: String {
        guard let site = record.site, !site.trustedProxies.isEmpty, let request else { return endpoint.peer.host }
        return endpoint.clientAddress(of: request, for: site)?.text ?? endpoint.peer.host
    }

    func blank(_ blank: Blank, to out: inout [UInt8], _ append: (inout [UInt8]) -> Void) {
        if time == nil { out.append(blank.rawValue) } else { append(&out) }
    }

    func appendTime(to out: inout [UInt8]) {
        blank(.time, to: &out) { Self.append(time: time ?? 0, in: format, to: &$0) }
    }

    static func append(time: UInt64, in format: Logging.Format, to out: inout [UInt8]) {
        switch format {
        case .json, .ecs, .otel, .compact, .text: Timestamp.append(nanoseconds: time, to: &out)
        case .combined: Timestamp.appendCommon(nanoseconds: time, to: &out)
        }
    }

    private func appendRequestLine(to out: inout [UInt8]) {
        if client == nil { return out.append("- - TCP") }
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
    func version(of request: RequestHead) -> StaticString? {
        guard request.hasRequestLine else { return nil }
        if request.isHTTP2 { return "HTTP/2.0" }
        return request.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1"
    }

    /// The field's first line; nil without one.
    func value(_ field: KnownField) -> ArraySlice<UInt8>? {
        guard let request, let line = request.fields.first(field) else { return nil }
        return text(request, line.value)
    }

    /// A part of the request's head; nil if it is empty. A whole head keeps to the limits; of another, a part may be anything.
    func text(_ request: RequestHead, _ range: Range<Int>) -> ArraySlice<UInt8>? {
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
        if let place = client?.place {
            out.append(" stream=")
            out.append(decimal: UInt64(place.stream))
            out.append(" connection_requests=")
            out.append(decimal: UInt64(place.request))
        }
        if format == .compact { pair("user", record.user, to: &out) }
        pair("route", record.route?.text, to: &out)
        pair("server_name", passedName, to: &out)
        pair("upstream", record.server?.url, to: &out)
        if record.attempts > 1 {
            out.append(" attempts=")
            out.append(decimal: UInt64(record.attempts))
        }
        pair("not_retried", record.notRetried?.rawValue, to: &out)
        if let status = record.grpcStatus { pair("grpc_status", "\(status)", to: &out) }
        out.append(" ms=")
        blank(.duration, to: &out) { Self.appendMilliseconds(record.duration, to: &$0) }
        if let duration = record.upstreamDuration {
            out.append(" upstream_ms=")
            Self.appendMilliseconds(duration, to: &out)
        }
        if let tls = endpoint.tls { pair("tls", "\(tls.version)/\(tls.cipher)", to: &out) }
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
    func escape(_ bytes: ArraySlice<UInt8>, to out: inout [UInt8]) {
        let isJSON = format.isJSON
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                out.append(0x5C)
                out.append(byte)
            case 0x20..<0x7F: out.append(byte)
            default:
                out.append(isJSON ? "\\u00" : "\\x")
                out.append(hexDigit(byte >> 4))
                out.append(hexDigit(byte & 0x0F))
            }
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
