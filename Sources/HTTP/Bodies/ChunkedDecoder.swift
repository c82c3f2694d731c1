/// One step through a chunked body.
package enum ChunkedStep: Equatable, Sendable {
    /// Payload: these offsets of the input; may be a part of a chunk. Continue from the range's end.
    case data(Range<Int>)
    /// All input up to this offset (always its end) is used up; more is needed.
    case needsMore(consumed: Int)
    /// The body and its trailers have ended before this offset; what follows belongs to the next message.
    case end(consumed: Int)
}

/// Reads the chunked transfer coding, RFC 9112 §7.1, strictly: lines end with CRLF, white space stands only where the grammar
/// of extensions has it (in answers also at a line's end), every count is bounded. It keeps what it needs between calls, so its
/// input need not be kept.
package struct ChunkedDecoder: Sendable {
    /// The trailer fields, empty before `.end`; kept apart from the header, RFC 9110 §6.5.1. What must not be
    /// forwarded is left out when they are written by `ChunkedEncoder`.
    package private(set) var trailers = FieldSection()

    private enum State {
        case sizeStart, size, sizeGap, extensionStart, extensionText, extensionGap, extensionValue, quoted, quotedPair
        case sizeLF, data, dataCR, dataLF, trailers, done
    }
    private var state = State.sizeStart
    private var remaining: UInt64 = 0
    private var lineBytes = 0
    private var extensionBytes = 0
    private var trailerBytes: [UInt8] = []
    private var unfinished = FieldSection()
    private var trailerParser = FieldSectionParser()
    private let limits: ChunkLimits
    private let sender: HTTPRefusal.Sender

    /// A decoder for one body, which comes from `sender` (the one blamed in refusals).
    package init(from sender: HTTPRefusal.Sender, limits: ChunkLimits = ChunkLimits()) {
        self.sender = sender
        self.limits = limits
    }

    /// Takes the next step in `input`, beginning at offset `from`.
    package mutating func next(_ input: Span<UInt8>, from: Int) throws(HTTPRefusal) -> ChunkedStep {
        var index = from
        while true {
            switch state {
            case .done:
                return .end(consumed: index)
            case .data:
                guard index < input.count else { return .needsMore(consumed: index) }
                let count = Int(min(remaining, UInt64(input.count - index)))
                remaining -= UInt64(count)
                if remaining == 0 { state = .dataCR }
                return .data(index..<index + count)
            case .trailers:
                guard index < input.count else { return .needsMore(consumed: index) }
                index = try takeTrailers(input, index)
            default:
                guard index < input.count else { return .needsMore(consumed: index) }
                try take(input[index])
                index += 1
            }
        }
    }

    /// One byte of a chunk's size line, or of the CRLF after its data.
    private mutating func take(_ byte: UInt8) throws(HTTPRefusal) {
        switch state {
        case .dataCR:
            guard byte == ByteClass.carriageReturn else { throw refusal(.chunkDataUnterminated) }
            state = .dataLF
            return
        case .dataLF:
            guard byte == ByteClass.lineFeed else { throw refusal(.chunkDataUnterminated) }
            state = .sizeStart
            return
        case .sizeLF:
            guard byte == ByteClass.lineFeed else { throw refusal(.bareCR) }
            state = remaining == 0 ? .trailers : .data
            return
        default:
            break
        }
        lineBytes = state == .sizeStart ? 1 : lineBytes + 1
        if state == .sizeStart || state == .size {
            try takeSize(byte)
        } else {
            try takeExtension(byte)
        }
    }

    private mutating func takeSize(_ byte: UInt8) throws(HTTPRefusal) {
        if state == .sizeStart { remaining = 0 }
        if let digit = ByteClass.hexValue(byte) {
            // RFC 9112 §7.1: recipients must anticipate large sizes and prevent overflow; 63 bits are all we count.
            guard remaining <= UInt64(Int64.max) >> 4, lineBytes <= limits.maxSizeLineBytes else {
                throw refusal(.chunkSizeOverflow)
            }
            remaining = remaining << 4 | UInt64(digit)
            state = .size
            return
        }
        guard state == .size else { throw refusal(byte == ByteClass.lineFeed ? .bareLF : .chunkSizeMalformed) }
        switch byte {
        case ByteClass.carriageReturn: state = .sizeLF
        case 0x3B: state = .extensionStart
        case ByteClass.space, ByteClass.tab: state = .sizeGap
        case ByteClass.lineFeed: throw refusal(.bareLF)
        default: throw refusal(.chunkSizeMalformed)
        }
    }

    /// RFC 9112 §7.1.1: `;name` or `;name=value` or `;name="value"`, with white space around `;` and `=`; read to be dropped.
    private mutating func takeExtension(_ byte: UInt8) throws(HTTPRefusal) {
        extensionBytes += 1
        guard lineBytes <= limits.maxSizeLineBytes, extensionBytes <= limits.maxExtensionBytes else {
            throw refusal(.chunkExtensionTooLarge)
        }
        if byte == ByteClass.lineFeed { throw refusal(.bareLF) }
        switch state {
        case .quotedPair:
            guard !ByteClass.isForbiddenInText(byte) else { throw refusal(.chunkExtensionMalformed) }
            state = .quoted
        case .quoted:
            guard !ByteClass.isForbiddenInText(byte) else { throw refusal(.chunkExtensionMalformed) }
            if byte == 0x22 { state = .extensionText } else if byte == 0x5C { state = .quotedPair }
        case .sizeGap where byte == 0x3B:
            state = .extensionStart
        case .sizeGap where byte == ByteClass.carriageReturn && mayEndInBlank:
            state = .sizeLF
        case .sizeGap:
            guard ByteClass.isBlank(byte) else { throw refusal(.chunkSizeMalformed) }
        case .extensionStart, .extensionValue:
            if ByteClass.isBlank(byte) { return }
            if state == .extensionValue, byte == 0x22 { return state = .quoted }
            guard ByteClass.isToken(byte) else { throw refusal(.chunkExtensionMalformed) }
            state = .extensionText
        default:
            try takeAfterName(byte)
        }
    }

    /// White space that no extension follows is none of the grammar's. Some servers fill their sizes up with it to a fixed width;
    /// of a client it would be bytes that others might read in another way.
    private var mayEndInBlank: Bool { sender == .upstream }

    /// A byte of a name or value, or what may follow one.
    private mutating func takeAfterName(_ byte: UInt8) throws(HTTPRefusal) {
        switch byte {
        case ByteClass.carriageReturn where state == .extensionText || mayEndInBlank: state = .sizeLF
        case ByteClass.space, ByteClass.tab: state = .extensionGap
        case 0x3B: state = .extensionStart
        case 0x3D: state = .extensionValue
        default:
            guard ByteClass.isToken(byte), state == .extensionText else { throw refusal(.chunkExtensionMalformed) }
        }
    }

    /// RFC 9112 §7.1.2: reads the trailer section as field lines; returns the offset up to which input is used.
    private mutating func takeTrailers(_ input: Span<UInt8>, _ index: Int) throws(HTTPRefusal) -> Int {
        let before = trailerBytes.count
        let room = limits.maxTrailerBytes - before
        trailerBytes.append(input, index..<index + min(room, input.count - index))
        var headLimits = HeadLimits()
        headLimits.maxHeadBytes = limits.maxTrailerBytes
        headLimits.maxFieldBytes = limits.maxTrailerBytes
        headLimits.maxFields = limits.maxTrailerFields
        // A second reference, no copy: the parser may not borrow from the value it changes.
        let bytes = trailerBytes
        let parsed: Int?
        do throws(HTTPRefusal) {
            parsed = try trailerParser.parse(bytes.span, into: &unfinished, limits: headLimits, from: sender)
        } catch {
            switch error.reason {
            case .headTooLarge, .tooManyFields, .fieldTooLarge: throw refusal(.trailersTooLarge)
            default: throw error
            }
        }
        guard let end = parsed else { return index + trailerBytes.count - before }
        unfinished.bytes.append(trailerBytes, 0..<end)
        swap(&trailers, &unfinished)
        state = .done
        return index + end - before
    }

    private func refusal(_ reason: RefusalReason) -> HTTPRefusal { HTTPRefusal(reason, from: sender) }
}
