import Configuration
import HTTP
import Transport
import Upstreams

/// The text of one access-log line. Whatever came from a peer is escaped, so that no request can forge a line.
///
/// Not copied: a copy counts each of the objects that a record refers to.
struct AccessLine: ~Copyable {
    let record: AccessRecord
    /// Nil of a connection of `[[tcp]]`, which carries no request that is known of.
    let client: (any ClientSide)?
    /// What the request's head tells; nil without one.
    let head: LoggedHead?
    /// The head's, taken once: each look would be a call.
    let fields: FieldSection
    let endpoint: ClientEndpoint
    /// What such a connection's client has asked for by SNI.
    let passedName: String?
    let style: AccessLogStyle
    /// When it was made. Nil leaves out what a tunnel's end decides: see `Placeholder`.
    let time: LineTime?

    /// Which configuration the exchange went by: the beginning of its hash, or nothing.
    let configuration: String

    init(
        _ record: consuming AccessRecord, _ client: any ClientSide, _ style: AccessLogStyle, time: LineTime?,
        configuration: String
    ) {
        let request = client.requestIfAny
        (self.record, self.client, fields) = (record, client, request?.fields ?? FieldSection())
        head = request.map { LoggedHead($0) }
        (endpoint, passedName) = (client.endpoint, nil)
        (self.style, self.time, self.configuration) = (style, time, configuration)
    }

    /// Makes the line of a connection of `[[tcp]]`.
    init(
        _ record: AccessRecord, of endpoint: ClientEndpoint, named name: String?, _ style: AccessLogStyle, time: LineTime,
        configuration: String
    ) {
        (self.record, client, head, fields) = (record, nil, nil, FieldSection())
        (self.endpoint, passedName) = (endpoint, name)
        (self.style, self.time, self.configuration) = (style, time, configuration)
    }

    /// What a template has in place of a value that only the end decides. Nothing else in a line is a control byte, so a
    /// placeholder is one. A line end is none of them.
    enum Placeholder: UInt8 {
        case time = 1, bytesReceived, bytesSent, duration, ending
        case framesIn, framesOut, messagesIn, messagesOut
        case violations = 0x0B, closedBy, closeCode, reason, key, nanoseconds, commonTime
    }

    /// How many bytes a line shows of each part of a request that was refused while it was read.
    private static let maxPartBytes = 1024

    func append(to out: inout [UInt8]) {
        out.append(guessing: 1024) { write(to: &$0) }
    }

    private func write(to out: inout OutputSpan<UInt8>) {
        if let names = style.names {
            writeObject(names, to: &out)
        } else if case .text(let format) = style.format {
            write(format, to: &out)
        } else {
            writeLine(to: &out)
        }
    }

    /// A JSON object.
    private func writeObject(_ names: AccessLineNames, to out: inout OutputSpan<UInt8>) {
        out.write(names.beginning)
        writeTime(to: &out)
        out.write(UInt8(ascii: "\""))
        for (field, name) in names.exchange { write(field, as: .member(name), to: &out) }
        out.write(facts)
        // All that a tunnel's end tells stands at one place.
        if time == nil { out.write(Placeholder.ending.rawValue) }
        if record.reason != nil {
            for (field, name) in names.failure { write(field, as: .member(name), to: &out) }
        }
        if !configuration.isEmpty { FieldForm.member(names.configuration).write(configuration, by: escape, to: &out) }
        out.write(UInt8(ascii: "}"))
    }

    /// A text with fields in braces; what is not to be told is `-`.
    private func write(_ format: LogFormat, to out: inout OutputSpan<UInt8>) {
        for piece in format.pieces {
            switch piece {
            case .text(let text): out.write(text.utf8Span.span)
            case .field(let field): write(field, as: .text, to: &out)
            }
        }
    }

    /// The combined format of Apache and nginx, then what it lacks as `key=value`; or the compact one, a short line for a person
    /// to read.
    private func writeLine(to out: inout OutputSpan<UInt8>) {
        let isCombined = if case .combined = style.format { true } else { false }
        if isCombined {
            writeClient(to: &out)
            out.write(" - ")
            writeUser(to: &out)
            out.write(" [")
            writeTime(to: &out)
            out.write("] \"")
        } else {
            writeTime(to: &out)
            out.write(UInt8(ascii: " "))
            writeClient(to: &out)
            out.write(" \"")
        }
        writeRequestLine(to: &out)
        out.write("\" ")
        out.write(decimal: UInt64(record.status))
        out.write(UInt8(ascii: " "))
        write(.bytes_out, as: .text, to: &out)
        if isCombined {
            out.write(" \"")
            write(.referer, as: .text, to: &out)
            out.write("\" \"")
            write(.user_agent, as: .text, to: &out)
            out.write(UInt8(ascii: "\""))
            pair(" site=", record.site?.name, to: &out)
        }
        writePairs(to: &out)
    }

    /// One word, whatever is in the name.
    private func writeUser(to out: inout OutputSpan<UInt8>) {
        guard let user = record.user else { return out.write(UInt8(ascii: "-")) }
        for (number, word) in user.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            if number > 0 { out.write("\\x20") }
            out.write(String(word), by: escape)
        }
    }

    private func writeRequestLine(to out: inout OutputSpan<UInt8>) {
        if client == nil { return out.write("- - TCP") }
        guard let head, !head.method.isEmpty else { return out.write(UInt8(ascii: "-")) }
        write(.method, as: .text, to: &out)
        out.write(UInt8(ascii: " "))
        write(.target, as: .text, to: &out)
        out.write(UInt8(ascii: " "))
        write(.version, as: .text, to: &out)
    }

    private func writePairs(to out: inout OutputSpan<UInt8>) {
        if let numbers = client?.streamNumbers {
            out.write(" stream=")
            out.write(decimal: UInt64(numbers.stream))
            out.write(" connection_requests=")
            out.write(decimal: UInt64(numbers.request))
        }
        if case .compact = style.format, record.user != nil {
            out.write(" user=")
            writeUser(to: &out)
        }
        pair(" route=", record.route?.text, to: &out)
        pair(" server_name=", passedName, to: &out)
        pair(" upstream=", record.server?.url, to: &out)
        if record.attempts > 1 {
            out.write(" attempts=")
            out.write(decimal: UInt64(record.attempts))
        }
        pair(" not_retried=", record.notRetried?.rawValue, to: &out)
        if let status = record.grpcStatus {
            out.write(" grpc_status=")
            out.write(decimal: UInt64(status))
        }
        out.write(" ms=")
        write(.ms, as: .text, to: &out)
        if let duration = record.upstreamDuration {
            out.write(" upstream_ms=")
            out.write(milliseconds: duration)
        }
        out.write(facts)
        if time == nil { out.write(Placeholder.ending.rawValue) }
        pair(" reason=", record.reason?.word, to: &out)
        guard let failure = record.failure else { return }
        pair(" key=", failure.key, to: &out)
        if !failure.detail.isEmpty {
            pair(" detail=\"", failure.detail, to: &out)
            out.write(UInt8(ascii: "\""))
        }
    }

    private func pair(_ name: StaticString, _ value: String?, to out: inout OutputSpan<UInt8>) {
        guard let value else { return }
        out.write(name)
        out.write(value, by: escape)
    }

    // MARK: -

    /// What stands before the digits of a byte that is not printable: as JSON does it, or as Apache and nginx do.
    /// - Parameter names: nil where lines are no objects.
    static func escape(in names: AccessLineNames?) -> StaticString { names == nil ? "\\x" : "\\u00" }

    var escape: StaticString { Self.escape(in: style.names) }

    /// The address that the site believes: through trusted proxies, the client behind them.
    func writeClient(to out: inout OutputSpan<UInt8>) {
        if let site = record.site, !site.trustedProxies.isEmpty, let request = client?.requestIfAny,
            let address = endpoint.clientAddress(of: request, for: site)
        {
            return out.write(address.text, by: escape)
        }
        writePeer(to: &out)
    }

    func writePeer(to out: inout OutputSpan<UInt8>) {
        let peer = endpoint.logged.peer
        out.write(escaping: peer.span, by: escape)
    }

    private var facts: [UInt8] { endpoint.logged.facts(endpoint, passedName: passedName, by: style.names) }

    /// Writes the time as the format has it.
    private func writeTime(to out: inout OutputSpan<UInt8>) {
        guard let time else { return out.write(Placeholder.time.rawValue) }
        if case .combined = style.format { time.writeCommon(to: &out) } else { time.write(to: &out) }
    }

    /// A part of the request's head; nil if it is empty. A whole head keeps to the limits; of another, a part may be anything.
    func part(_ range: Range<Int>) -> Range<Int>? {
        guard !range.isEmpty else { return nil }
        return record.isRequestWhole ? range : range.lowerBound..<min(range.upperBound, range.lowerBound + Self.maxPartBytes)
    }
}
