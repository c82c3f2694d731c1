/// Writes the head of an answer that is made here.
package enum OwnHead {
    /// Writes the head as HTTP/1 sends it.
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
        writeFields(fields, siteFields, answer, to: &out)
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

    /// Appends the lines of the fields that go to an HTTP/2 client, which has neither a status line nor fields of the connection
    /// (RFC 9113 §8.2.2). Parameters as for `write`.
    package static func appendFields(
        _ fields: borrowing AnswerFields, _ siteFields: borrowing AnswerFields, statedLength: UInt64?,
        _ answer: borrowing ClientAnswer, to out: inout [UInt8]
    ) {
        // The lines of our own mostly take less.
        out.append(guessing: fields.lines.count + siteFields.lines.count + 128) { span in
            writeFields(fields, siteFields, answer, to: &span)
            // What has no length ends with its stream.
            if !answer.framing.isUncounted { writeFraming(answer.framing, statedLength, to: &span) }
        }
    }

    private static func writeFields(
        _ fields: borrowing AnswerFields, _ siteFields: borrowing AnswerFields, _ answer: borrowing ClientAnswer,
        to out: inout OutputSpan<UInt8>
    ) {
        if !answer.date.isEmpty {
            out.write("Date: ")
            out.write(answer.date)
            out.write("\r\n")
        }
        out.write(fields.lines)
        out.write(siteFields.lines)
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
