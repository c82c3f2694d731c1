import EventLoop
import HTTP

/// An answer in HTTP/1, to one request.
struct ServiceAnswerWriting {
    /// What is sent of the body.
    let body: [UInt8]
    private let answer: ServiceAnswer
    private let isLast: Bool
    /// Its body ends with the connection (RFC 9112 §6.3, the eighth case).
    private let isEndless: Bool
    private let minorVersion: UInt8
    /// RFC 9110 §8.6, §15.3.5: a 204 states no length; a 304 need not.
    private var hasContent: Bool { answer.status != 204 && answer.status != 304 }

    init(_ answer: ServiceAnswer, to request: RequestHead, isLast: Bool, isEndless: Bool = false) {
        self.answer = answer
        self.isLast = isLast
        self.isEndless = isEndless
        minorVersion = request.minorVersion
        body = request.method == .head || answer.status == 204 || answer.status == 304 ? [] : answer.body
    }

    var framing: BodyFraming { body.isEmpty ? .none : .length(UInt64(body.count)) }

    var head: [UInt8] {
        var out: [UInt8] = []
        StatusText.appendLine(answer.status, to: &out)
        // RFC 9110 §6.6.1: a server with a clock says the time.
        out.append("Date: ")
        HTTPDate.append(Int64(realtimeNanoseconds() / 1_000_000_000), to: &out)
        if hasContent {
            out.append("\r\nContent-Type: ")
            out.append(answer.contentType)
            if !isEndless {
                out.append("\r\nContent-Length: ")
                out.append(decimal: UInt64(answer.body.count))
            }
        }
        out.append("\r\n")
        if !answer.fields.contains(.cacheControl) { out.append("Cache-Control: no-store\r\n") }
        answer.fields.appendLines(to: &out)
        if isLast {
            out.append("Connection: close\r\n")
        } else if minorVersion == 0 {
            // RFC 9112 §9.3: a client of HTTP/1.0 asks for it and is told.
            out.append("Connection: keep-alive\r\n")
        }
        out.append("\r\n")
        return out
    }
}
