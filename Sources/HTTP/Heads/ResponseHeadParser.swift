/// Reads an upstream's response head; see `RequestHeadParser`.
struct ResponseHeadParser {
    private(set) var summary = ResponseHead.Summary()
    /// Do the fields have their own bytes? Until then these are still the caller's.
    private(set) var isPublished = false
    private var lineEnd: Int?
    private var scanned = 0
    private var section = FieldSectionParser()

    /// See `ResponseHead.parse`.
    /// - Parameter fields: the head's; the same ones each time, at first without lines.
    mutating func parse(
        _ input: Span<UInt8>, into fields: inout FieldSection, limits: borrowing HeadLimits
    ) throws(HTTPRefusal) -> Int? {
        if lineEnd == nil {
            guard let next = try parseStatusLine(input, min(input.count, limits.maxHeadBytes)) else {
                if input.count >= limits.maxHeadBytes { throw HTTPRefusal(.headTooLarge, from: .upstream) }
                return nil
            }
            lineEnd = next
            section = FieldSectionParser(at: next)
        }
        guard let end = try section.parse(input, into: &fields, limits: limits, from: .upstream) else { return nil }
        fields.bytes.replaceAll(with: input.extracting(0..<end))
        isPublished = true
        summary.present = fields.present
        summary.connection = try ConnectionOptions(fields, from: .upstream)
        return end
    }

    /// RFC 9112 §4: `HTTP/1.x SP 3DIGIT SP [reason] CRLF`; the second space may be missing where the reason is empty, as
    /// many servers send it.
    private mutating func parseStatusLine(_ input: Span<UInt8>, _ end: Int) throws(HTTPRefusal) -> Int? {
        guard end >= 13 else {
            if VersionText.firstMisfit(input, at: 0, to: min(end, 8)) != nil { throw Self.malformed(input) }
            return nil
        }
        guard VersionText.hasPrefix(input, at: 0), input[8] == ByteClass.space else { throw Self.malformed(input) }
        guard input[5] == 0x31 else { throw HTTPRefusal(.versionUnsupported, from: .upstream) }
        // RFC 9110 §2.5: a higher minor version is read as the highest that is spoken here.
        summary.minorVersion = min(input[7], 0x31) - 0x30
        var number = 0
        for index in 9..<12 {
            guard ByteClass.isDigit(input[index]) else { throw Self.malformed(input) }
            number = number * 10 + Int(input[index] - 0x30)
        }
        guard input[12] == ByteClass.space || input[12] == ByteClass.carriageReturn else { throw Self.malformed(input) }
        // RFC 9110 §15: other numbers have no class, so nobody knows how their bodies are framed.
        guard 100...599 ~= number else { throw HTTPRefusal(.statusInvalid, from: .upstream) }
        summary.status = number
        let stop = ByteScanning.endOfText(input, from: max(12, scanned), to: end)
        scanned = stop
        guard stop < end else { return nil }
        guard input[stop] == ByteClass.carriageReturn else {
            throw HTTPRefusal(input[stop] == ByteClass.lineFeed ? .bareLF : .controlByte, from: .upstream)
        }
        guard stop + 1 < end else { return nil }
        guard input[stop + 1] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR, from: .upstream) }
        summary.reasonPhrase = min(13, stop)..<stop
        return stop + 2
    }

    private static func malformed(_ input: Span<UInt8>) -> HTTPRefusal {
        HTTPRefusal(.statusLineMalformed, from: .upstream, foreignProtocol: foreignProtocol(input))
    }

    private static func foreignProtocol(_ input: Span<UInt8>) -> HTTPRefusal.ForeignProtocol? {
        // RFC 8446 §5.1: a record with an alert or of the handshake, of whatever version.
        if input.count >= 3, input[0] == 0x15 || input[0] == 0x16, input[1] == 3 { return .tls }
        // RFC 9113 §3.4: a server begins with SETTINGS, of stream 0.
        guard input.count >= 9, input[0] == 0, input[3] == 4, input[4] == 0 else { return nil }
        for index in 5..<9 where input[index] != 0 { return nil }
        return .http2
    }
}
