import Configuration
import HTTP
import Upstreams

/// The spans of one exchange as OTLP's JSON has them: the gateway's own, and that of what an upstream was asked.
struct SpanLine: ~Copyable {
    let line: AccessLine
    let trace: TraceContext
    /// When it ended, in nanoseconds since 1970.
    let time: UInt64

    /// OpenTelemetry's semantic conventions 1.27.
    private static let attributes: [(field: LogField, name: StaticString)] = [
        (.path, "url.path"), (.query, "url.query"), (.domain, "server.address"), (.status, "http.response.status_code"),
        (.route, "http.route"), (.client, "client.address"), (.peer, "network.peer.address"),
        (.http_version, "network.protocol.version"), (.user_agent, "user_agent.original"),
        (.bytes_in, "http.request.body.size"), (.bytes_out, "http.response.body.size"), (.site, "gatehouse.site"),
        (.key, "gatehouse.key"), (.configuration, "gatehouse.configuration"),
    ]

    /// Both, with a comma between them where there are two.
    func write(to out: inout OutputSpan<UInt8>) {
        let record = line.record
        begin(span: trace.span, parent: trace.parent, kind: 2, to: &out)
        writeTimes(from: time &- record.duration, to: time, &out)
        out.write(",\"attributes\":[{\"key\":\"url.scheme\",\"value\":{\"stringValue\":\"")
        out.write(line.endpoint.isTLS ? "https" : "http")
        out.write("\"}}")
        for (field, name) in Self.attributes { line.write(field, as: .attribute(name), to: &out) }
        writeMethod(to: &out)
        // Of a server's span only 5xx are errors (the conventions for HTTP spans, "Status").
        end(isError: record.status >= 500, hasReason: record.reason != nil, to: &out)
        guard let server = record.server else { return }
        out.write(UInt8(ascii: ","))
        write(to: server, &out)
    }

    /// What the upstream was asked, and what it said.
    private func write(to server: UpstreamServer, _ out: inout OutputSpan<UInt8>) {
        let record = line.record
        begin(span: trace.upstreamSpan, parent: trace.span, kind: 3, to: &out)
        let start = time &- record.duration
        writeTimes(from: start, to: record.upstreamDuration.map { start &+ $0 } ?? time, &out)
        out.write(",\"attributes\":[{\"key\":\"url.full\",\"value\":{\"stringValue\":\"")
        out.write(server.url, by: line.escape)
        out.write("\"}}")
        FieldForm.attribute("server.address").write(server.identity.host, by: line.escape, to: &out)
        if server.identity.port != 0 {
            FieldForm.attribute("server.port").write(number: UInt64(server.identity.port), to: &out)
        }
        writeMethod(to: &out)
        // A status that the gateway has answered with itself is none of the upstream's.
        let hasAnswered = record.upstreamDuration != nil && record.failure?.status != record.status
        if hasAnswered { line.write(.status, as: .attribute("http.response.status_code"), to: &out) }
        if record.attempts > 1 {
            FieldForm.attribute("http.request.resend_count").write(number: UInt64(record.attempts - 1), to: &out)
        }
        // Of a client's span 4xx are errors, too.
        let isError = !hasAnswered || record.status >= 400 || record.failure?.blame == .upstream
        end(isError: isError, hasReason: isError && record.reason != nil, to: &out)
    }

    /// Up to the span's name, which is the method and the route: nothing that a client could make many of.
    private func begin(span: UInt64, parent: UInt64, kind: UInt64, to out: inout OutputSpan<UInt8>) {
        out.write("{\"traceId\":\"")
        trace.writeTrace(to: &out)
        out.write("\",\"spanId\":\"")
        out.write(wholeHex: span)
        if parent != 0 {
            out.write("\",\"parentSpanId\":\"")
            out.write(wholeHex: parent)
        }
        out.write("\",\"kind\":")
        out.write(decimal: kind)
        out.write(",\"name\":\"")
        out.write(line.record.method.name ?? "HTTP")
        if kind == 2, let route = line.record.route {
            out.write(UInt8(ascii: " "))
            out.write(route.text, by: line.escape)
        }
        out.write(UInt8(ascii: "\""))
    }

    /// JSON of protobuf writes numbers of 64 bits as texts.
    private func writeTimes(from start: UInt64, to end: UInt64, _ out: inout OutputSpan<UInt8>) {
        out.write(",\"startTimeUnixNano\":\"")
        out.write(decimal: start)
        out.write("\",\"endTimeUnixNano\":\"")
        out.write(decimal: end)
        out.write(UInt8(ascii: "\""))
    }

    /// The conventions know the methods of RFC 9110 and PATCH; any other is an attribute of its own.
    private func writeMethod(to out: inout OutputSpan<UInt8>) {
        FieldForm.attribute("http.request.method").write(line.record.method.name ?? "_OTHER", to: &out)
        if line.record.method == .other { line.write(.method, as: .attribute("http.request.method_original"), to: &out) }
    }

    /// Ends a span. Of an error without a reason the status tells what it was.
    private func end(isError: Bool, hasReason: Bool, to out: inout OutputSpan<UInt8>) {
        if hasReason {
            line.write(.reason, as: .attribute("error.type"), to: &out)
        } else if isError {
            out.write(",{\"key\":\"error.type\",\"value\":{\"stringValue\":\"")
            out.write(decimal: UInt64(line.record.status))
            out.write("\"}}")
        }
        out.write(UInt8(ascii: "]"))
        if isError { out.write(",\"status\":{\"code\":2}") }
        out.write(UInt8(ascii: "}"))
    }
}
