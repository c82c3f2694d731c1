/// Reads `method SP target SP version CRLF`, RFC 9112 §3; resumes where it stopped when bytes were missing.
struct RequestLineParser {
    private enum Part { case beforeMethod, method, target, version }
    private var part = Part.beforeMethod
    private var scanned = 0
    /// Offsets of the method and of the target, once read.
    private(set) var method = 0..<0
    private(set) var target = 0..<0
    private(set) var minorVersion: UInt8 = 1
    /// The method and the target as far as they have been read.
    var methodAsRead: Range<Int> { part == .method ? method.lowerBound..<scanned : method }
    var targetAsRead: Range<Int> { part == .target ? target.lowerBound..<scanned : target }

    /// A method longer than this is none that exists.
    private static let maxMethodBytes = 32

    /// Reads on in `input`, which begins at the same byte each time and only grows.
    /// Returns the offset after the line's CRLF, or nil when more bytes are needed.
    mutating func parse(_ input: Span<UInt8>, limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        let end = min(input.count, limits.maxHeadBytes)
        if part == .beforeMethod {
            guard try skipEmptyLine(input, end) else { return nil }
        }
        if part == .method {
            guard try readMethod(input, end) else { return nil }
        }
        if part == .target {
            guard try readTarget(input, end, limits) else { return try needMore(input, limits) }
        }
        guard let next = try readVersion(input, end) else { return try needMore(input, limits) }
        return next
    }

    private func needMore(_ input: Span<UInt8>, _ limits: borrowing HeadLimits) throws(HTTPRefusal) -> Int? {
        if input.count >= limits.maxHeadBytes { throw HTTPRefusal(.headTooLarge) }
        return nil
    }

    /// RFC 9112 §2.2: one empty line before the request line is ignored (some clients send CRLF after a body).
    @inline(__always)
    private mutating func skipEmptyLine(_ input: Span<UInt8>, _ end: Int) throws(HTTPRefusal) -> Bool {
        guard end > 0 else { return false }
        if input[0] == ByteClass.carriageReturn {
            guard end > 1 else { return false }
            guard input[1] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR) }
            scanned = 2
        }
        method = scanned..<scanned
        part = .method
        return true
    }

    @inline(__always)
    private mutating func readMethod(_ input: Span<UInt8>, _ end: Int) throws(HTTPRefusal) -> Bool {
        let start = method.lowerBound
        let index = ByteScanning.endOfToken(input, from: scanned, to: end)
        scanned = index
        if index - start > Self.maxMethodBytes { throw HTTPRefusal(.methodTooLong) }
        guard index < end else { return false }
        guard input[index] == ByteClass.space, index > start else {
            throw HTTPRefusal(reasonAgainst(methodByte: input[index], at: index - start))
        }
        method = start..<index
        scanned = index + 1
        target = scanned..<scanned
        part = .target
        return true
    }

    private func reasonAgainst(methodByte byte: UInt8, at position: Int) -> RefusalReason {
        switch byte {
        case 0x16 where position == 0: .tlsOnPlainPort
        case ByteClass.lineFeed: .bareLF
        case ByteClass.space, ByteClass.carriageReturn: .requestLineMalformed
        default: ByteClass.isForbiddenInText(byte) ? .controlByte : .methodMalformed
        }
    }

    /// Visible ASCII, and raw bytes above it, which real clients send and normalisation escapes (docs/paths.md).
    @inline(__always)
    private mutating func readTarget(
        _ input: Span<UInt8>, _ end: Int, _ limits: borrowing HeadLimits
    ) throws(HTTPRefusal) -> Bool {
        let start = target.lowerBound
        let index = ByteScanning.endOfVisible(input, from: scanned, to: end)
        scanned = index
        if index - start > limits.maxTargetBytes { throw HTTPRefusal(.targetTooLong) }
        guard index < end else { return false }
        switch input[index] {
        case ByteClass.space where index > start: break
        case ByteClass.space, ByteClass.tab: throw HTTPRefusal(.requestLineMalformed)
        // `GET /` and a line end: HTTP/0.9, which has no fields and no status.
        case ByteClass.carriageReturn: throw HTTPRefusal(.versionMalformed)
        case ByteClass.lineFeed: throw HTTPRefusal(.bareLF)
        default: throw HTTPRefusal(.controlByte)
        }
        target = start..<index
        scanned = index + 1
        part = .version
        return true
    }

    /// RFC 9112 §2.3: `HTTP/` DIGIT `.` DIGIT, case-sensitive, then CRLF.
    @inline(__always)
    private mutating func readVersion(_ input: Span<UInt8>, _ end: Int) throws(HTTPRefusal) -> Int? {
        let start = scanned
        if let misfit = VersionText.firstMisfit(input, at: start, to: end) { throw refusal(ofVersionByte: input[misfit]) }
        guard end - start >= 10 else { return nil }
        let major = input[start + 5]
        let minor = input[start + 7]
        guard input[start + 9] == ByteClass.lineFeed else { throw HTTPRefusal(.bareCR) }
        guard major == 0x31 else {
            let preface = major == 0x32 && minor == 0x30 && method.count == 3 && Text.equal(input, method, "PRI")
            throw HTTPRefusal(preface ? .http2Preface : .versionUnsupported)
        }
        // RFC 9110 §2.5: a higher minor version is read as the highest that is spoken here.
        minorVersion = min(minor, 0x31) - 0x30
        return start + 10
    }

    private func refusal(ofVersionByte byte: UInt8) -> HTTPRefusal {
        switch byte {
        // RFC 9112 §3: white space other than the two single spaces.
        case ByteClass.space, ByteClass.tab: HTTPRefusal(.requestLineMalformed)
        case ByteClass.lineFeed: HTTPRefusal(.bareLF)
        case ByteClass.carriageReturn: HTTPRefusal(.versionMalformed)
        default: HTTPRefusal(ByteClass.isForbiddenInText(byte) ? .controlByte : .versionMalformed)
        }
    }
}

/// `HTTP/1.1` and its kin, of which requests and responses both carry one.
enum VersionText {
    /// Whether eight bytes at `start` are `HTTP/` DIGIT `.` DIGIT. Precondition: there are eight.
    @inline(__always)
    static func hasPrefix(_ input: Span<UInt8>, at start: Int) -> Bool {
        if ByteScanning.word(input, start..<start + 8) == ByteScanning.word("HTTP/1.1") { return true }
        return input[start] == 0x48 && input[start + 1] == 0x54 && input[start + 2] == 0x54 && input[start + 3] == 0x50
            && input[start + 4] == 0x2F && ByteClass.isDigit(input[start + 5]) && input[start + 6] == 0x2E
            && ByteClass.isDigit(input[start + 7])
    }

    /// The offset of the first byte from `start` that cannot belong to a version and the CR behind it.
    static func firstMisfit(_ input: Span<UInt8>, at start: Int, to end: Int) -> Int? {
        if end - start >= 9, hasPrefix(input, at: start), input[start + 8] == ByteClass.carriageReturn { return nil }
        for index in start..<min(end, start + 9) where !fits(input[index], at: index - start) { return index }
        return nil
    }

    private static func fits(_ byte: UInt8, at position: Int) -> Bool {
        switch position {
        case 0: byte == 0x48
        case 1, 2: byte == 0x54
        case 3: byte == 0x50
        case 4: byte == 0x2F
        case 5, 7: ByteClass.isDigit(byte)
        case 6: byte == 0x2E
        default: byte == ByteClass.carriageReturn
        }
    }
}
