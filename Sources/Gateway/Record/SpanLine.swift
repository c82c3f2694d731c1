import Configuration
import HTTP
import Upstreams

/// The spans of one exchange as OTLP's JSON has them: the gateway's own, and that of what an upstream was asked.
struct SpanLine {
    let line: AccessLine
    let trace: TraceContext
    /// When it ended, in nanoseconds since 1970.
    let time: UInt64

    /// OpenTelemetry's semantic conventions 1.27.
    private static let attributes: [(field: LogField, name: StaticString)] = [
        (.method, "http.request.method"), (.path, "url.path"), (.query, "url.query"), (.domain, "server.address"),
        (.status, "http.response.status_code"), (.route, "http.route"), (.client, "client.address"),
        (.peer, "network.peer.address"), (.http_version, "network.protocol.version"), (.user_agent, "user_agent.original"),
        (.bytes_in, "http.request.body.size"), (.bytes_out, "http.response.body.size"), (.reason, "error.type"),
        (.site, "gatehouse.site"), (.key, "gatehouse.key"), (.configuration, "gatehouse.configuration"),
    ]

    /// Both, with a comma between them where there are two.
    func append(to out: inout [UInt8]) {
        let record = line.record
        begin(span: trace.span, parent: trace.parent, kind: 2, to: &out)
        appendTimes(from: time &- record.duration, to: time, &out)
        out.append(",\"attributes\":[")
        attribute("url.scheme", line.endpoint.isTLS ? "https" : "http", to: &out)
        for (field, name) in Self.attributes {
            guard let value = line.value(of: field) else { continue }
            out.append(",")
            append(name, value, to: &out)
        }
        out.append("]")
        appendStatus(to: &out)
        out.append("}")
        guard let server = record.server else { return }
        out.append(",")
        begin(span: trace.upstreamSpan, parent: trace.span, kind: 3, to: &out)
        let start = time &- record.duration
        appendTimes(from: start, to: record.upstreamDuration.map { start &+ $0 } ?? time, &out)
        out.append(",\"attributes\":[")
        append("url.full", .word(server.url), to: &out)
        for (field, name) in [(LogField.method, "http.request.method" as StaticString), (.status, "http.response.status_code")] {
            guard let value = line.value(of: field) else { continue }
            out.append(",")
            append(name, value, to: &out)
        }
        if record.attempts > 1 {
            out.append(",")
            append("http.request.resend_count", .number(UInt64(record.attempts - 1)), to: &out)
        }
        out.append("]")
        appendStatus(to: &out)
        out.append("}")
    }

    /// Up to the span's name, which is the method and the route: nothing that a client could make many of.
    private func begin(span: UInt64, parent: UInt64, kind: UInt64, to out: inout [UInt8]) {
        out.append("{\"traceId\":\"")
        trace.appendTrace(to: &out)
        out.append("\",\"spanId\":\"")
        TraceContext.append(hex: span, to: &out)
        if parent != 0 {
            out.append("\",\"parentSpanId\":\"")
            TraceContext.append(hex: parent, to: &out)
        }
        out.append("\",\"kind\":")
        out.append(decimal: kind)
        out.append(",\"name\":\"")
        out.append(line.record.method.name ?? "HTTP")
        if kind == 2, let route = line.record.route {
            out.append(" ")
            line.escape(Array(route.text.utf8)[...], to: &out)
        }
        out.append("\"")
    }

    /// JSON of protobuf writes numbers of 64 bits as texts.
    private func appendTimes(from start: UInt64, to end: UInt64, _ out: inout [UInt8]) {
        out.append(",\"startTimeUnixNano\":\"")
        out.append(decimal: start)
        out.append("\",\"endTimeUnixNano\":\"")
        out.append(decimal: end)
        out.append("\"")
    }

    /// Of a server's span only 5xx are errors (the semantic conventions for HTTP spans, "Status").
    private func appendStatus(to out: inout [UInt8]) {
        if line.record.status >= 500 { out.append(",\"status\":{\"code\":2}") }
    }

    private func attribute(_ name: StaticString, _ word: StaticString, to out: inout [UInt8]) {
        append(name, .literal(word), to: &out)
    }

    private func append(_ name: StaticString, _ value: LogValue, to out: inout [UInt8]) {
        out.append("{\"key\":\"")
        out.append(name)
        switch value {
        case .number, .blank: out.append("\",\"value\":{\"intValue\":\"")
        default: out.append("\",\"value\":{\"stringValue\":\"")
        }
        line.append(value, inQuotes: false, to: &out)
        out.append("\"}}")
    }
}
