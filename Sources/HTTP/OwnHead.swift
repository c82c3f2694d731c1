/// Writes the head of an answer that is made here, as HTTP/1 sends it.
package enum OwnHead {
    /// Writes the head.
    ///
    /// Order: status line; `Date`; the answer's fields; those of its site; framing; connection.
    /// - Parameters:
    ///   - fields: of this answer.
    ///   - siteFields: of every answer of its site.
    ///   - statedLength: where no body follows: the length that a GET's answer would have (RFC 9110 §8.6).
    ///   - answer: an empty date adds none.
    package static func write(
        _ status: Int, _ fields: borrowing AnswerFields, _ siteFields: borrowing AnswerFields, statedLength: UInt64?,
        _ answer: borrowing ClientAnswer, to out: inout OutputSpan<UInt8>
    ) {
        writeStatusLine(status, to: &out)
        if !answer.date.isEmpty {
            out.write("Date: ")
            out.write(answer.date)
            out.write("\r\n")
        }
        out.write(fields.lines)
        out.write(siteFields.lines)
        writeFraming(answer.framing, statedLength, to: &out)
        // RFC 9110 §15.5.22: a 426 says to which protocol; there is one.
        if status == 426 { out.write("Upgrade: websocket\r\nConnection: Upgrade\r\n") }
        if answer.closes {
            out.write("Connection: close\r\n")
        } else if answer.clientMinorVersion == 0 {
            // RFC 9112 §9.3: HTTP/1.0 keeps a connection only when told so.
            out.write("Connection: keep-alive\r\n")
        }
        out.write("\r\n")
    }

    private static func writeStatusLine(_ status: Int, to out: inout OutputSpan<UInt8>) {
        out.write("HTTP/1.1 ")
        out.write(decimal: UInt64(status))
        out.write(0x20)
        out.write(StatusText.phrase(status))
        out.write("\r\n")
    }

    private static func writeFraming(_ framing: BodyFraming, _ statedLength: UInt64?, to out: inout OutputSpan<UInt8>) {
        if case .none = framing {
            if let statedLength { ForwardedHead.writeFraming(.length(statedLength), to: &out) }
        } else {
            ForwardedHead.writeFraming(framing, to: &out)
        }
    }
}
