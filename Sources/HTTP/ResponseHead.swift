/// An upstream's response head, RFC 9112 §4 and §5; reused like `RequestHead`.
package final class ResponseHead {
    /// The field lines; its bytes also hold the status line.
    package internal(set) var fields = FieldSection()
    /// 100...599.
    package internal(set) var status = 0
    /// The offsets of the reason phrase in `fields.bytes`; may be empty.
    package internal(set) var reasonPhrase = 0..<0
    /// 0 or 1, of HTTP/1.x.
    package internal(set) var minorVersion: UInt8 = 1
    package internal(set) var connection: ConnectionOptions = []

    private var lineEnd: Int?
    private var scanned = 0
    private var section = FieldSectionParser()
    /// The lines read so far; their bytes are still the caller's.
    private var unfinished = FieldSection()

    package init() {}

    /// Forgets everything and keeps the storage.
    package func reset() {
        fields.removeAll()
        unfinished.removeAll()
        status = 0
        reasonPhrase = 0..<0
        minorVersion = 1
        connection = []
        lineEnd = nil
        scanned = 0
        section = FieldSectionParser()
    }

    /// Adds a field line of our own; the caller vouches that the value is valid text.
    package func add(name: StaticString, value: Span<UInt8>) {
        var bytes: [UInt8] = []
        bytes.append(name)
        fields.append(name: bytes.span, value: value)
    }

    /// 1xx: another head follows (RFC 9110 §15.2), except after 101.
    package var isInterim: Bool { status < 200 && status != 101 }

    /// Whether the upstream keeps the connection open after this message (RFC 9112 §9.3); the framing must allow it too.
    package var keepsAlive: Bool {
        if connection.contains(.close) { return false }
        return minorVersion == 1 || connection.contains(.keepAlive)
    }

    /// Parses the head at the start of `input`; the same contract as `RequestHead.parse`.
    package func parse(_ input: Span<UInt8>, limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        if lineEnd == nil {
            guard let next = try parseStatusLine(input, min(input.count, limits.maxHeadBytes)) else {
                if input.count >= limits.maxHeadBytes { throw HTTPRefusal(.headTooLarge, from: .upstream) }
                return nil
            }
            lineEnd = next
            section = FieldSectionParser(at: next)
        }
        guard let end = try section.parse(input, into: &unfinished, limits: limits, from: .upstream) else { return nil }
        swap(&fields, &unfinished)
        fields.bytes.append(input, 0..<end)
        connection = try ConnectionOptions(fields, from: .upstream)
        return end
    }

    /// RFC 9112 §4: `HTTP/1.x SP 3DIGIT SP [reason] CRLF`; the second space may be missing where the reason is empty, as
    /// many servers send it.
    private func parseStatusLine(_ input: Span<UInt8>, _ end: Int) throws(HTTPRefusal) -> Int? {
        guard end >= 13 else {
            if VersionText.firstMisfit(input, at: 0, to: min(end, 8)) != nil { throw malformed }
            return nil
        }
        guard VersionText.hasPrefix(input, at: 0), input[8] == ByteClass.space else { throw malformed }
        guard input[5] == 0x31, input[7] <= 0x31 else { throw HTTPRefusal(.versionUnsupported, from: .upstream) }
        minorVersion = input[7] - 0x30
        var number = 0
        for index in 9..<12 {
            guard ByteClass.isDigit(input[index]) else { throw malformed }
            number = number * 10 + Int(input[index] - 0x30)
        }
        guard input[12] == ByteClass.space || input[12] == ByteClass.carriageReturn else { throw malformed }
        // RFC 9110 §15: other numbers have no class, so nobody knows how their bodies are framed.
        guard 100...599 ~= number else { throw HTTPRefusal(.statusInvalid, from: .upstream) }
        status = number
        let stop = ByteScanning.endOfText(input, from: max(12, scanned), to: end)
        scanned = stop
        guard stop < end else { return nil }
        guard input[stop] == ByteClass.carriageReturn else {
            throw HTTPRefusal(input[stop] == ByteClass.lineFeed ? .bareLF : .controlByte, from: .upstream)
        }
        guard stop + 1 < end else { return nil }
        guard input[stop + 1] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR, from: .upstream) }
        reasonPhrase = min(13, stop)..<stop
        return stop + 2
    }

    private var malformed: HTTPRefusal { HTTPRefusal(.statusLineMalformed, from: .upstream) }
}
