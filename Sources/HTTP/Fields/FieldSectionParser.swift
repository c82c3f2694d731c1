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
    /// White space between its name and its colon, in an answer.
    private var blanks = 0
    /// Which field it is, where that was seen while its name was read.
    private var known: KnownField?

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
        let head = input.extracting(first: limits.maxHeadBytes)
        let maxFieldBytes = limits.maxFieldBytes
        let allowed = limits.maxFields - section.lines.count
        var present = section.present
        defer { section.present = present }
        // The array is opened once for all lines that can come; none is shorter than one of `a:`.
        let room = min(allowed, (head.count - lineStart) / 4)
        if room > 0 {
            try section.lines.append(addingCapacity: room) { lines throws(HTTPRefusal) in
                while try readLine(head, maxFieldBytes, sender) {
                    guard lines.count < allowed else { throw HTTPRefusal(.tooManyFields, from: sender) }
                    let line = takeLine(head)
                    lines.append(line)
                    present |= line.known.bit
                }
            }
        } else if try readLine(head, maxFieldBytes, sender) {
            // Nothing is appended for no lines: it would write into the empty array that all threads share, a data race.
            throw HTTPRefusal(.tooManyFields, from: sender)
        }
        if colon < 0, scanned > lineStart, input[lineStart] == ByteClass.carriageReturn { return scanned }
        if input.count >= limits.maxHeadBytes { throw HTTPRefusal(.headTooLarge, from: sender) }
        return nil
    }

    /// Reads the line at `lineStart` until its CR, at `scanned`, and looks whether LF follows. Returns false when bytes are
    /// missing, and when it is the empty line, which is then behind `scanned`.
    @inline(__always)
    private mutating func readLine(
        _ input: Span<UInt8>, _ maxFieldBytes: Int, _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> Bool {
        if colon < 0 {
            guard try readName(input, maxFieldBytes, sender) else { return false }
        }
        scanned = ByteScanning.endOfText(input, from: scanned, to: input.count)
        try checkSize(maxFieldBytes, sender)
        guard scanned < input.count else { return false }
        // RFC 9110 §5.5, RFC 9112 §2.2: no CR, LF, NUL or other control inside a value; a line ends with CRLF.
        guard input[scanned] == ByteClass.carriageReturn else {
            throw HTTPRefusal(input[scanned] == ByteClass.lineFeed ? .bareLF : .controlByte, from: sender)
        }
        return try hasLineFeed(input, sender)
    }

    /// Reads the line's name and its colon.
    @inline(__always)
    private mutating func readName(
        _ input: Span<UInt8>, _ maxFieldBytes: Int, _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> Bool {
        if scanned == lineStart, scanned < input.count {
            if let usual = UsualFieldName(input, at: lineStart) {
                known = usual.field
                colon = lineStart &+ usual.count
                scanned = colon &+ 1
                return true
            }
            if input[scanned] == ByteClass.carriageReturn {
                if try hasLineFeed(input, sender) { scanned &+= 2 }
                return false
            }
            // RFC 9112 §2.2, §5.2: white space before the first field, and obs-fold, are refused.
            if ByteClass.isBlank(input[scanned]) { throw HTTPRefusal(.foldedLine, from: sender) }
        }
        if blanks == 0 { scanned = ByteScanning.endOfToken(input, from: scanned, to: input.count) }
        try checkSize(maxFieldBytes, sender)
        guard scanned < input.count else { return false }
        if input[scanned] != 0x3A || scanned == lineStart {
            guard try skipBlanks(input, maxFieldBytes, sender) else { return false }
        }
        colon = scanned
        scanned &+= 1
        return true
    }

    /// RFC 9112 §5.1: white space between name and colon is refused in a request, and removed from an answer.
    /// Returns false when bytes are missing; else the colon is at `scanned`.
    @inline(never)
    private mutating func skipBlanks(
        _ input: Span<UInt8>, _ maxFieldBytes: Int, _ sender: HTTPRefusal.Sender
    ) throws(HTTPRefusal) -> Bool {
        while sender == .upstream, scanned > lineStart, scanned < input.count, ByteClass.isBlank(input[scanned]) {
            scanned += 1
            blanks += 1
        }
        try checkSize(maxFieldBytes, sender)
        guard scanned < input.count else { return false }
        if input[scanned] == 0x3A, scanned > lineStart { return true }
        throw HTTPRefusal(
            blanks > 0 ? .spaceBeforeColon : reasonAgainst(nameByte: input[scanned]), from: sender)
    }

    /// Whether LF has come behind the CR at `scanned`.
    @inline(__always)
    private func hasLineFeed(_ input: Span<UInt8>, _ sender: HTTPRefusal.Sender) throws(HTTPRefusal) -> Bool {
        guard scanned &+ 1 < input.count else { return false }
        guard input[scanned &+ 1] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR, from: sender) }
        return true
    }

    /// The line that was read, and goes on behind it.
    @inline(__always)
    private mutating func takeLine(_ input: Span<UInt8>) -> FieldLine {
        let line =
            blanks == 0
            ? FieldLine(input, name: lineStart..<colon, known, end: scanned)
            : FieldLine(input, name: lineStart..<colon - blanks, colon: colon, end: scanned)
        blanks = 0
        known = nil
        lineStart = scanned &+ 2
        scanned = lineStart
        colon = -1
        return line
    }

    private func checkSize(_ maxFieldBytes: Int, _ sender: HTTPRefusal.Sender) throws(HTTPRefusal) {
        let size = scanned &- lineStart
        guard size <= maxFieldBytes, colon >= 0 || size <= 256 else {
            throw HTTPRefusal(.fieldTooLarge, from: sender)
        }
    }

    private func reasonAgainst(nameByte byte: UInt8) -> RefusalReason {
        switch byte {
        case 0x3A: .fieldNameEmpty
        case ByteClass.space, ByteClass.tab: .spaceBeforeColon
        case ByteClass.lineFeed: .bareLF
        case ByteClass.carriageReturn: .fieldNameMalformed
        default: ByteClass.isForbiddenInText(byte) ? .controlByte : .fieldNameMalformed
        }
    }
}
