import Configuration
import HTTP
import Upstreams
import WebSocket

/// A recorded exchange as a JSON object on one line. Names are those of the access log's JSON; whatever a peer sent is escaped as
/// there, so that nobody can forge a line.
struct RecordedLine {
    let exchange: RecordedExchange

    /// Appends it, without a line end.
    func append(to out: inout [UInt8]) {
        var object = object
        object.end(&out)
    }

    var object: JSONObject {
        var object = JSONObject()
        let figures = exchange.figures
        object.add("time", time: figures.time)
        object.add("worker", figures.worker)
        object.add("number", figures.number)
        if figures.connection > 0 { object.add("connection", "\(figures.worker)-\(figures.connection)") }
        if let tunnel = exchange.tunnel {
            appendEnd(of: tunnel, &object)
        } else {
            appendRequest(&object)
            appendDecision(&object)
        }
        object.add("status", figures.status)
        object.add("grpc_status", figures.grpcStatus)
        object.add("bytes_in", figures.bodyBytesReceived)
        object.add("bytes_out", figures.bodyBytesSent)
        object.add("ms", milliseconds: figures.duration)
        object.add("wait_ms", milliseconds: figures.waitDuration)
        object.add("connect_ms", milliseconds: figures.connectDuration)
        object.add("upstream_ms", milliseconds: figures.upstreamDuration)
        appendTLS(&object)
        object.add("reason", exchange.reason?.word)
        object.add("blame", exchange.failure?.blame.rawValue)
        object.add("key", exchange.failure?.key)
        if let failure = exchange.failure, !failure.detail.isEmpty { object.add("detail", failure.detail) }
        object.add("configuration", exchange.names?.configuration)
        return object
    }

    private func appendRequest(_ object: inout JSONObject) {
        object.add("client", exchange.figures.client?.text ?? "unix")
        object.add("site", configured: exchange.names?.site)
        object.add("user", exchange.user)
        object.add("method", exchange.method)
        object.add("target", exchange.target)
        object.add("host", exchange.host)
        object.add("version", exchange.figures.version.map { $0 == 2 ? "HTTP/2.0" : "HTTP/1.\($0)" })
        object.add("stream", exchange.figures.streamNumbers.map { Int($0.stream) })
        object.add("connection_requests", exchange.figures.streamNumbers?.request)
        if let id = exchange.requestID {
            var text: [UInt8] = []
            id.append(to: &text)
            object.add("request_id", text[...])
        }
        guard let trace = exchange.trace else { return }
        var text: [UInt8] = []
        trace.appendTrace(to: &text)
        object.add("trace_id", text[...])
        text = []
        TraceContext.append(hex: trace.span, to: &text)
        object.add("span_id", text[...])
    }

    private func appendDecision(_ object: inout JSONObject) {
        object.add("route", configured: exchange.names?.route)
        object.add("pool", configured: exchange.names?.pool)
        object.add("upstream", exchange.server)
        object.add("attempts", exchange.figures.attempts)
        object.add("not_retried", exchange.figures.notRetried?.rawValue)
    }

    private func appendTLS(_ object: inout JSONObject) {
        guard let tls = exchange.tls else { return }
        object.add("tls", tls.version)
        object.add("cipher", tls.cipher)
        object.add("server_name", tls.serverName)
        object.add("resumed", tls.isResumed)
        object.add("client_cert", tls.clientCertificate)
    }

    private func appendEnd(of tunnel: RecordedExchange.EndedTunnel, _ object: inout JSONObject) {
        let ending = tunnel.ending
        object.add("tunnel_of", tunnel.exchange)
        object.add("frames_in", ending.up.frames)
        object.add("frames_out", ending.down.frames)
        object.add("messages_in", ending.up.messages)
        object.add("messages_out", ending.down.messages)
        object.add("closed_by", ending.reason.closedBy)
        object.add("close_code", Int(ending.closeCode.rawValue))
        object.add("reason", ending.reason.rawValue)
        object.add("key", ending.key)
    }
}
