/// Reads field lines up to and with the empty line, RFC 9112 §5; resumes where it stopped when bytes were missing.
///
/// Every byte is looked at once: a name until its colon, a value until its CR. What is refused is refused at the first
/// byte that shows it.
struct FieldSectionParser {
    /// Offset of the line being read.
    var lineStart = 0
    /// Offset up to which that line was read.
    var scanned = 0
    /// Offset of its colon, once found.
    var colon = -1

    /// Starts at the line that begins at `offset`.
    init(at offset: Int = 0) {
        lineStart = offset
        scanned = offset
    }

    /// Adds the lines of `input`, which begins at the same byte each time and only grows, to `section`.
    /// Returns the offset after the empty line, or nil when more bytes are needed.
    mutating func parse(
        _ input: Span<UInt8>, into section: inout FieldSection, limits: borrowing HeadLimits, from sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> Int? {
        // Bytes beyond the limit are never looked at, so the outcome does not depend on how the bytes arrive.
        let end = min(input.count, limits.maxHeadBytes)
        while true {
            if colon < 0 {
                if scanned == lineStart, scanned < end {
                    let first = input[scanned]
                    if first == ByteClass.carriageReturn {
                        guard scanned + 1 < end else { break }
                        guard input[scanned + 1] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR, from: sender) }
                        return scanned + 2
                    }
                    // RFC 9112 §2.2, §5.2: white space before the first field, and obs-fold, are refused.
                    if ByteClass.isBlank(first) { throw HTTPRefusal(.foldedLine, from: sender) }
                }
                var index = ByteScanning.skipLetters(input, from: min(scanned, end), to: end)
                while index < end, ByteClass.isToken(input[index]) { index &+= 1 }
                scanned = index
                try checkSize(limits, sender)
                guard index < end else { break }
                guard input[index] == 0x3A, index > lineStart else {
                    throw HTTPRefusal(reasonAgainst(nameByte: input[index], at: index), from: sender)
                }
                colon = index
                scanned = index &+ 1
            }
            let stop = ByteScanning.endOfText(input, from: scanned, to: end)
            scanned = stop
            try checkSize(limits, sender)
            guard stop < end else { break }
            // RFC 9110 §5.5, RFC 9112 §2.2: no CR, LF, NUL or other control inside a value; a line ends with CRLF.
            guard input[stop] == ByteClass.carriageReturn else {
                throw HTTPRefusal(input[stop] == ByteClass.lineFeed ? .bareLF : .controlByte, from: sender)
            }
            guard stop + 1 < end else { break }
            guard input[stop + 1] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR, from: sender) }
            try add(input, stop, to: &section, limits, sender)
        }
        if input.count >= limits.maxHeadBytes { throw HTTPRefusal(.headTooLarge, from: sender) }
        return nil
    }

    private mutating func add(
        _ input: Span<UInt8>, _ end: Int, to section: inout FieldSection, _ limits: borrowing HeadLimits,
        _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) {
        guard section.lines.count < limits.maxFields else { throw HTTPRefusal(.tooManyFields, from: sender) }
        let name = lineStart..<colon
        let value = Text.trimmed(input, colon &+ 1..<end)
        section.append(FieldLine(name: name, value: value, known: .recognise(input, name)))
        lineStart = end &+ 2
        scanned = lineStart
        colon = -1
    }

    private func checkSize(_ limits: borrowing HeadLimits, _ sender: HTTPRefusal.Sender) throws(HTTPRefusal) {
        let size = scanned &- lineStart
        guard size <= limits.maxFieldBytes, colon >= 0 || size <= 256 else {
            throw HTTPRefusal(.fieldTooLarge, from: sender)
        }
    }

    private func reasonAgainst(nameByte byte: UInt8, at index: Int) -> Reason {
        switch byte {
        case 0x3A: .fieldNameEmpty
        // RFC 9112 §5.1: white space between name and colon is refused.
        case ByteClass.space, ByteClass.tab: .spaceBeforeColon
        case ByteClass.lineFeed: .bareLF
        case ByteClass.carriageReturn: .fieldNameMalformed
        default: ByteClass.isForbiddenInText(byte) ? .controlByte : .fieldNameMalformed
        }
    }
}
