import EventLoop
import HTTP
import Transport
import Upstreams

/// The text of one access-log line. Whatever came from a peer is escaped, so that no request can forge a line.
struct AccessLine {
    let record: AccessRecord
    let client: any ClientSide
    /// Leave out what a tunnel's end decides: see `Blank`.
    var isTemplate = false

    /// A place in a template. Nothing else in a line is a control byte, so a blank is one.
    enum Blank: UInt8 {
        case time = 1, bytesReceived, bytesSent, duration, ending
    }

    /// One JSON object.
    func appendJSON(to out: inout [UInt8]) {
        out.append("{\"time\":\"")
        appendTime(to: &out)
        out.append("\"")
        string("client", clientAddress, to: &out)
        string("site", record.site?.name, to: &out)
        if let request {
            string("method", request.methodText, to: &out)
            string("target", request.string(request.target), to: &out)
            string("host", request.string(request.authorityRange), to: &out)
            string("version", request.minorVersion == 0 ? "HTTP/1.0" : "HTTP/1.1", to: &out)
        }
        number("status", UInt64(record.status), to: &out)
        key("bytes_in", to: &out)
        blank(.bytesReceived, to: &out) { $0.append(decimal: record.bodyBytesReceived) }
        key("bytes_out", to: &out)
        blank(.bytesSent, to: &out) { $0.append(decimal: record.bodyBytesSent) }
        key("ms", to: &out)
        blank(.duration, to: &out) { Self.appendMilliseconds(record.duration, to: &$0) }
        string("route", record.route?.prefix.text, to: &out)
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
    func appendCombined(to out: inout [UInt8]) {
        out.append(contentsOf: clientAddress.utf8)
        out.append(" - - [")
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

    /// A short line for a person to read.
    func appendCompact(to out: inout [UInt8]) {
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

    private var request: RequestHead? { record.hasRequest ? client.requestIfAny : nil }

    /// The address that the site believes: through trusted proxies, the client behind them.
    private var clientAddress: String {
        guard let site = record.site, let peer = client.endpoint.address, let request, !site.trustedProxies.isEmpty else {
            return client.endpoint.peer.host
        }
        return ForwardedChain.clientAddress(request.fields, peer: peer, trusted: site.trustedProxies).text
    }

    private func blank(_ blank: Blank, to out: inout [UInt8], _ append: (inout [UInt8]) -> Void) {
        if isTemplate { out.append(blank.rawValue) } else { append(&out) }
    }

    private func appendTime(to out: inout [UInt8]) {
        blank(.time, to: &out) { Self.appendNow(to: &$0) }
    }

    static func appendNow(to out: inout [UInt8]) {
        let now = realtimeNanoseconds()
        Timestamp.append(seconds: Int64(now / 1_000_000_000), milliseconds: Int(now / 1_000_000 % 1000), to: &out)
    }

    private func appendRequestLine(to out: inout [UInt8]) {
        guard let request else { return out.append("-") }
        escape(request.fields.bytes[request.methodRange], to: &out)
        out.append(0x20)
        escape(request.fields.bytes[request.target], to: &out)
        out.append(request.minorVersion == 0 ? " HTTP/1.0" : " HTTP/1.1")
    }

    private func quotedField(_ field: KnownField, to out: inout [UInt8]) {
        out.append(" \"")
        if let request, let line = request.fields.first(field) {
            escape(request.fields.bytes[line.value], to: &out)
        } else {
            out.append("-")
        }
        out.append("\"")
    }

    private func appendPairs(to out: inout [UInt8]) {
        pair("route", record.route?.prefix.text, to: &out)
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
        key(name, to: &out)
        out.append("\"")
        escape(Array(value.utf8)[...], to: &out)
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

    /// JSON's escapes for quotes, backslashes and everything that is not printable ASCII; they suit the other formats too.
    private func escape(_ bytes: ArraySlice<UInt8>, to out: inout [UInt8]) {
        for byte in bytes {
            switch byte {
            case 0x22, 0x5C:
                out.append(0x5C)
                out.append(byte)
            case 0x20..<0x7F: out.append(byte)
            default:
                out.append("\\u00")
                out.append(hexDigit(byte >> 4))
                out.append(hexDigit(byte & 0x0F))
            }
        }
    }

    private func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
