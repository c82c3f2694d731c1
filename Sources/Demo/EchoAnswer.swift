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
