import HTTP
import Messages

/// The echo's service.
final class EchoService: ServiceHandler {
    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        var kept: [UInt8] = []
        var count = 0
        while try await request.nextBytes({ bytes in
            kept.append(bytes.extracting(first: min(EchoAnswer.maxBody - kept.count, bytes.count)))
            count += bytes.count
        }) {}
        return .answer(EchoAnswer.answer(to: request.head, body: kept, of: count))
    }
}

/// The echo: what arrived, shown to who sent it.
enum EchoAnswer {
    /// Bytes of a body that are shown; the rest is counted.
    static let maxBody = 65_536

    /// - Parameters:
    ///   - body: its first bytes.
    ///   - count: how many there were in all.
    static func answer(to head: RequestHead, body: [UInt8], of count: Int) -> ServiceAnswer {
        if head.fields.contains(.accept, token: "application/json") {
            return ServiceAnswer(contentType: "application/json", body: json(head, body, count))
        }
        return ServiceAnswer(contentType: "text/plain; charset=utf-8", body: text(head, body, count))
    }

    /// The message as it came, byte for byte but for the line ends.
    private static func text(_ head: RequestHead, _ body: [UInt8], _ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.append(head.fields.bytes, head.methodRange)
        out.append(0x20)
        out.append(head.fields.bytes, head.target)
        out.append(head.minorVersion == 0 ? " HTTP/1.0\n" : " HTTP/1.1\n")
        for line in head.fields.lines {
            out.append(head.fields.bytes, line.name)
            out.append(": ")
            out.append(head.fields.bytes, line.value)
            out.append(0x0A)
        }
        out.append(0x0A)
        out.append(body.span)
        if count > body.count {
            out.append(contentsOf: "\n[the first \(body.count) bytes of \(count)]".utf8)
        }
        if out.last != 0x0A { out.append(0x0A) }
        return out
    }

    private static func json(_ head: RequestHead, _ body: [UInt8], _ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        out.append("{\"method\":")
        JSONText.append(head.methodText, to: &out)
        out.append(",\"target\":")
        JSONText.append(head.string(head.target), to: &out)
        out.append(head.minorVersion == 0 ? ",\"version\":\"HTTP/1.0\"" : ",\"version\":\"HTTP/1.1\"")
        // A list, because fields have an order and may repeat.
        out.append(",\"fields\":[")
        for (index, line) in head.fields.lines.enumerated() {
            out.append(index == 0 ? "\n[" : ",\n[")
            JSONText.append(head.fields.name(of: line), to: &out)
            out.append(",")
            JSONText.append(head.fields.string(of: line), to: &out)
            out.append("]")
        }
        out.append("\n],\"body\":")
        JSONText.append(String(decoding: body, as: UTF8.self), to: &out)
        out.append(",\"body_bytes\":")
        out.append(decimal: UInt64(count))
        out.append("}\n")
        return out
    }
}

/// Text as a JSON string (RFC 8259 §7).
enum JSONText {
    /// Appends it with its quotes. Only what must be escaped is.
    static func append(_ text: String, to out: inout [UInt8]) {
        append(utf8: Array(text.utf8).span, to: &out)
    }

    /// Appends valid UTF-8 as a string with its quotes.
    static func append(utf8 bytes: Span<UInt8>, to out: inout [UInt8]) {
        out.append(0x22)
        var start = 0
        for index in bytes.indices where bytes[index] < 0x20 || bytes[index] == 0x22 || bytes[index] == 0x5C {
            out.append(bytes, start..<index)
            start = index + 1
            if bytes[index] >= 0x20 {
                out.append(0x5C)
                out.append(bytes[index])
            } else {
                out.append(bytes[index] < 0x10 ? "\\u000" : "\\u00")
                out.append(hex: UInt64(bytes[index]))
            }
        }
        out.append(bytes, start..<bytes.count)
        out.append(0x22)
    }
}
