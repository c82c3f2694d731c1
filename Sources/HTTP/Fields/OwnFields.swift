/// Field lines of our own making, for messages that we begin ourselves.
extension FieldSection {
    /// Adds a line. Whether it may be sent is asked once, before a message is written: see `isSendable`.
    package mutating func append(_ name: StaticString, _ value: String) {
        var bytes: [UInt8] = []
        bytes.append(name)
        append(name: bytes.span, value: Array(value.utf8).span)
    }

    /// Is every name a token and every value without control characters (RFC 9110 §5.1, §5.5)? Only then is each line one line
    /// to whoever reads it, whatever a value was made from.
    package var isSendable: Bool {
        let span = bytes.span
        return lines.allSatisfy { line in
            Text.isToken(span, line.name) && !line.value.contains { ByteClass.isForbiddenInText(span[$0]) }
        }
    }

    /// Appends all lines as HTTP/1 writes them, each with its CRLF.
    package func appendLines(to out: inout [UInt8]) {
        for line in lines {
            out.append(bytes, line.name)
            out.append(": ")
            out.append(bytes, line.value)
            out.append("\r\n")
        }
    }
}
