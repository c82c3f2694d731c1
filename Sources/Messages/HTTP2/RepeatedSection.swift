package import HTTP
import HTTP2

/// The field section of one kind that has come several times on a connection, and what was read in it. A client that asks for the
/// same again and again sends the same bytes, as gRPC's do for each call: they are not read a second time.
///
/// Of others hardly more is looked at than how long they are.
struct RepeatedSection<Meaning> {
    /// How long the last one was that was read.
    private var lastCount = 0
    /// Its bytes, once two of them were as long.
    private var last: [UInt8] = []
    // Beside what is known, so that most others are told apart by numbers alone: price 2.
    private var knownCount = 0
    private var knownEndsStream = false
    private var known: (section: DecodedSection, meaning: Meaning)?

    /// Bytes of a section that is kept; a longer one costs more memory than time.
    private static var mostKept: Int { 1024 }

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
        guard section.count == lastCount, section.count <= Self.mostKept else { return lastCount = section.count }
        guard ByteScanning.same(last.span, section) else {
            if !last.isEmpty { last.removeAll(keepingCapacity: true) }
            return last.append(section)
        }
        (lastCount, last) = (0, [])
        guard let decoded = decoder.remember(section), let meaning = meaning() else { return }
        (knownCount, knownEndsStream, known) = (section.count, endsStream, (decoded, meaning))
    }
}

/// What a connection's sections were read as, while streams are open.
final class HTTP2RepeatedSections {
    var requests = RepeatedSection<HTTP2RepeatedRequest>()
    var answers = RepeatedSection<HTTP2RepeatedAnswer>()
    var trailers = RepeatedSection<FieldSection>()
}

/// A request's head that has come several times.
final class HTTP2RepeatedRequest {
    let head: RequestHead
    let priority: Priority
    /// By which it was read.
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
    /// As HTTP/1.1 writes it.
    let text: [UInt8]
    private let head = ResponseHead()
    /// By which `head` was read; nil: it has not been.
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
