/// The directives of `Cache-Control`, RFC 9111 §5.2, of a request or an answer.
package struct CacheDirectives: Equatable, Sendable {
    /// The directives that have no number.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let noStore = Flags(rawValue: 1)
        /// `no-cache`, also with field names: RFC 9111 §5.2.2.4 has caches that know only the plain form treat both alike.
        package static let noCache = Flags(rawValue: 2)
        package static let mustRevalidate = Flags(rawValue: 4)
        package static let proxyRevalidate = Flags(rawValue: 8)
        package static let mustUnderstand = Flags(rawValue: 16)
        package static let isPublic = Flags(rawValue: 32)
        /// `private`, also with field names, as `noCache` (RFC 9111 §5.2.2.7).
        package static let isPrivate = Flags(rawValue: 64)
        package static let onlyIfCached = Flags(rawValue: 128)
    }

    package var flags: Flags = []
    /// Seconds, as all below. 0 where it is not a number, or stands there twice with two values: the answer is then stale
    /// (RFC 9111 §4.2.1).
    package var maxAge: UInt64?
    package var sharedMaxAge: UInt64?
    /// How stale an answer to the request may be, in seconds; `UInt64.max` for any.
    package var maxStale: UInt64?
    package var minFresh: UInt64?
    /// Seconds of `stale-while-revalidate` (RFC 5861 §3); nil without it.
    package var staleWhileRevalidate: UInt64?
    /// Seconds of `stale-if-error` (RFC 5861 §4); nil without it.
    package var staleIfError: UInt64?
    /// Is there any directive, known or not?
    package var isPresent = false

    package init() {}

    package init(_ fields: borrowing FieldSection) {
        let span = fields.bytes.span
        for line in fields.lines where line.known == .cacheControl {
            var members = ListMembers(line.value)
            while let member = members.next(span) { read(span, member) }
        }
    }

    private mutating func read(_ span: Span<UInt8>, _ member: Range<Int>) {
        isPresent = true
        var equals = member.lowerBound
        while equals < member.upperBound, span[equals] != UInt8(ascii: "=") { equals += 1 }
        let name = Text.trimmed(span, member.lowerBound..<equals)
        if let flag = Self.flag(span, name) {
            flags.insert(flag)
            return
        }
        let value = equals < member.upperBound ? Text.trimmed(span, equals + 1..<member.upperBound) : nil
        if Text.equal(span, name, "max-age") { Self.read(span, value, into: &maxAge) }
        if Text.equal(span, name, "s-maxage") { Self.read(span, value, into: &sharedMaxAge) }
        if Text.equal(span, name, "min-fresh") { Self.read(span, value, into: &minFresh) }
        if Text.equal(span, name, "stale-while-revalidate") { Self.read(span, value, into: &staleWhileRevalidate) }
        if Text.equal(span, name, "stale-if-error") { Self.read(span, value, into: &staleIfError) }
        if Text.equal(span, name, "max-stale") {
            // RFC 9111 §5.2.1.2: without a value, of any age.
            if value == nil { maxStale = maxStale ?? .max } else { Self.read(span, value, into: &maxStale) }
        }
    }

    private static func flag(_ span: Span<UInt8>, _ name: Range<Int>) -> Flags? {
        if Text.equal(span, name, "no-store") { return .noStore }
        if Text.equal(span, name, "no-cache") { return .noCache }
        if Text.equal(span, name, "must-revalidate") { return .mustRevalidate }
        if Text.equal(span, name, "proxy-revalidate") { return .proxyRevalidate }
        if Text.equal(span, name, "must-understand") { return .mustUnderstand }
        if Text.equal(span, name, "public") { return .isPublic }
        if Text.equal(span, name, "private") { return .isPrivate }
        return Text.equal(span, name, "only-if-cached") ? .onlyIfCached : nil
    }

    private static func read(_ span: Span<UInt8>, _ value: Range<Int>?, into target: inout UInt64?) {
        let seconds = value.flatMap { deltaSeconds(span, $0) } ?? 0
        target = target.map { $0 == seconds ? $0 : 0 } ?? seconds
    }

    /// RFC 9111 §1.2.2 and §5.2: digits, also as a quoted string; what is more than 2³¹ counts as that.
    static func deltaSeconds(_ span: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        var digits = range
        let quote = UInt8(ascii: "\"")
        if digits.count >= 2, span[digits.lowerBound] == quote, span[digits.upperBound - 1] == quote {
            digits = digits.lowerBound + 1..<digits.upperBound - 1
        }
        guard !digits.isEmpty else { return nil }
        var seconds: UInt64 = 0
        for index in digits {
            guard ByteClass.isDigit(span[index]) else { return nil }
            seconds = min(seconds * 10 + UInt64(span[index] - 0x30), maxSeconds)
        }
        return seconds
    }

    /// Seconds that stand for any larger number (RFC 9111 §1.2.2).
    static let maxSeconds: UInt64 = 1 << 31
}
