package import HTTP
import HTTP2

/// The field section of one kind that has come several times on a connection, and what was read in it. A client that asks for the
/// same again and again sends the same bytes, as gRPC's do for each call: they are not read a second time.
///
/// Of others hardly more is looked at than how long they are.
private struct RepeatedSection<Meaning> {
    /// How long the last one was that was read.
    private var lastCount = 0
    /// Its bytes, once two of them were as long.
    private var last: [UInt8] = []
    // Beside what is known, so that most others are told apart by numbers alone: price 2.
    private var knownCount = 0
    private var knownEndsStream = false
    private var known: Known?

    private final class Known {
        let section: DecodedSection
        let meaning: Meaning

        init(_ section: DecodedSection, _ meaning: Meaning) {
            self.section = section
            self.meaning = meaning
        }
    }

    /// Bytes of a section that is kept; a longer one costs more memory than time.
    private static var maxKeptBytes: Int { 1024 }

    /// What a section means that has come before, and need not be decoded.
    /// - Parameter isValid: does it still mean what it did?
    /// - Returns: nil if it must be.
    func meaning(
        of section: Span<UInt8>, endsStream: Bool, _ decoder: FieldDecoder, where isValid: (Meaning) -> Bool = { _ in true }
    ) -> Meaning? {
        guard section.count == knownCount, endsStream == knownEndsStream, let known, isValid(known.meaning),
            decoder.repeats(section, known.section)
        else { return nil }
        return known.meaning
    }

    /// A whole section has been decoded.
    /// - Parameter meaning: what was read in it, to be kept; nil if that may not be.
    mutating func note(_ section: Span<UInt8>, endsStream: Bool, _ decoder: FieldDecoder, meaning: () -> Meaning?) {
        guard section.count == lastCount, section.count <= Self.maxKeptBytes else { return lastCount = section.count }
        guard ByteScanning.same(last.span, section) else {
            if !last.isEmpty { last.removeAll(keepingCapacity: true) }
            return last.append(section)
        }
        (lastCount, last) = (0, [])
        guard let decoded = decoder.remember(section), let meaning = meaning() else { return }
        (knownCount, knownEndsStream, known) = (section.count, endsStream, Known(decoded, meaning))
    }
}

/// What a connection's sections were read as, while streams are open.
final class HTTP2RepeatedSections {
    // Private, and looked at here alone: price 1.
    private var requests = RepeatedSection<HTTP2RepeatedRequest>()
    private var answers = RepeatedSection<HTTP2RepeatedAnswer>()
    private var trailers = RepeatedSection<FieldSection>()

    /// See `RepeatedSection.meaning`.
    func request(
        _ section: Span<UInt8>, endsStream: Bool, _ decoder: FieldDecoder, limits: HeadLimits
    ) -> HTTP2RepeatedRequest? {
        requests.meaning(of: section, endsStream: endsStream, decoder) { $0.limits == limits }
    }

    /// See `RepeatedSection.note`.
    func note(
        _ section: Span<UInt8>, endsStream: Bool, _ decoder: FieldDecoder, request: () -> HTTP2RepeatedRequest?
    ) {
        requests.note(section, endsStream: endsStream, decoder, meaning: request)
    }

    /// The answer that the section was read as when it came before; nil if it must be read. See `RepeatedSection.meaning`.
    func answer(_ section: Span<UInt8>, endsStream: Bool, _ decoder: FieldDecoder) -> HTTP2RepeatedAnswer? {
        answers.meaning(of: section, endsStream: endsStream, decoder)
    }

    /// Keeps the section and the answer that was read in it. See `RepeatedSection.note`.
    func note(_ section: Span<UInt8>, endsStream: Bool, _ decoder: FieldDecoder, answer: () -> HTTP2RepeatedAnswer?) {
        answers.note(section, endsStream: endsStream, decoder, meaning: answer)
    }

    /// The trailers that the section was read as when it came before; nil if it must be read. See `RepeatedSection.meaning`.
    func trailers(_ section: Span<UInt8>, _ decoder: FieldDecoder) -> FieldSection? {
        trailers.meaning(of: section, endsStream: true, decoder)
    }

    /// Keeps the section and the trailers that were read in it. See `RepeatedSection.note`.
    func note(_ section: Span<UInt8>, _ decoder: FieldDecoder, trailers fields: () -> FieldSection?) {
        trailers.note(section, endsStream: true, decoder, meaning: fields)
    }
}

/// A request's head that has come several times.
final class HTTP2RepeatedRequest {
    let head: RequestHead
    let priority: Priority
    /// The limits that it was read under: under others it has to be read again.
    let limits: HeadLimits

    init(_ head: RequestHead, _ priority: Priority, _ limits: HeadLimits) {
        self.head = RequestHead()
        self.head.copy(head)
        self.priority = priority
        self.limits = limits
    }
}

/// An answer's head that has come several times.
package final class HTTP2RepeatedAnswer {
    let status: Int
    let declaredLength: UInt64?
    /// The head as HTTP/1.1 writes it.
    let text: [UInt8]
    private let head = ResponseHead()
    /// The limits that `head` was read under; nil: it has not been read.
    private var limits: HeadLimits?

    init(_ fields: borrowing ResponseFields) {
        status = fields.status
        declaredLength = fields.declaredLength
        var text: [UInt8] = []
        fields.appendHead(to: &text)
        self.text = text
    }

    /// Reads it, as it would be read anew.
    package func read(into head: ResponseHead, limits: HeadLimits) throws(HTTPRefusal) {
        if self.limits == limits { return head.copy(self.head) }
        let text = text
        _ = try head.parse(text.span, limits: limits)
        self.head.copy(head)
        self.limits = limits
    }
}
