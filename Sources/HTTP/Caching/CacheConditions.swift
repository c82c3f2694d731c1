/// What a request makes of a stored answer by its conditions, RFC 9111 §4.3.2.
package struct CacheConditions: Sendable {
    private let entityTags: [UInt8]?
    private let since: [UInt8]?
    private let range: [UInt8]?
    private let ifRange: [UInt8]?
    /// Conditions that only the origin may judge (RFC 9111 §4.3.2): `If-Match`, `If-Unmodified-Since`.
    package let isForOrigin: Bool

    package init(_ fields: borrowing FieldSection) {
        entityTags = Self.joined(.ifNoneMatch, of: fields)
        since = Self.joined(.ifModifiedSince, of: fields)
        range = Self.joined(.range, of: fields)
        ifRange = Self.joined(.ifRange, of: fields)
        isForOrigin = fields.contains(.ifMatch) || fields.contains(.ifUnmodifiedSince)
    }

    /// Does the request ask for more than the plain answer?
    package var isEmpty: Bool { entityTags == nil && since == nil && range == nil && !isForOrigin }

    /// Has the client what is stored?
    /// - Parameter now: seconds since 1970.
    package func hold(for stored: ResponseHead, now: Int64) -> Bool {
        // RFC 9110 §13.1.2, §13.1.3: they are about what a GET would get with success.
        guard stored.status == 200 else { return false }
        if let entityTags {
            if entityTags == [UInt8(ascii: "*")] { return true }
            guard let tag = stored.fields.first(.etag) else { return false }
            return Self.lists(entityTags, Self.opaque(Array(stored.fields.bytes[tag.value])))
        }
        guard let since, let limit = HTTPDate.parse(since.span, 0..<since.count, now: now) else { return false }
        // RFC 9111 §4.3.2: without `Last-Modified` the date counts.
        let line = stored.fields.first(.lastModified) ?? stored.fields.first(.date)
        guard let line, let changed = HTTPDate.parse(stored.fields.bytes.span, line.value, now: now) else { return false }
        return changed <= limit
    }

    /// The part that is asked for, if the stored answer is the one it is of (RFC 9110 §13.1.5, §14.2).
    package func range(of stored: ResponseHead, now: Int64) -> [UInt8]? {
        guard let range, stored.status == 200, Self.canBeCut(stored.fields) else { return nil }
        guard let ifRange else { return range }
        if ifRange.first == UInt8(ascii: "\"") {
            return stored.fields.first(.etag).map { Array(stored.fields.bytes[$0.value]) } == ifRange ? range : nil
        }
        guard let line = stored.fields.first(.lastModified), Array(stored.fields.bytes[line.value]) == ifRange,
            let modified = HTTPDate.parse(stored.fields.bytes.span, line.value, now: now),
            let date = CachedTimes.date(of: stored.fields, now: now), modified < date - 1
        else { return nil }
        return range
    }

    /// What was encoded on its way has other bytes each time, under one tag: parts of two would be joined. It has lost its
    /// `Accept-Ranges` then (`ResponseHead.encode`), and what the upstream itself has encoded has it only where that is not so.
    private static func canBeCut(_ fields: borrowing FieldSection) -> Bool {
        guard fields.first(.contentEncoding) != nil else { return true }
        return fields.onlyValue(named: "accept-ranges").map { Text.equal($0.span, 0..<$0.count, "bytes") } ?? false
    }

    /// Several lines are one list (RFC 9110 §5.3).
    private static func joined(_ known: KnownField, of fields: borrowing FieldSection) -> [UInt8]? {
        guard fields.contains(known) else { return nil }
        var all: [UInt8] = []
        for line in fields.lines where line.known == known {
            if !all.isEmpty { all.append(contentsOf: ", ".utf8) }
            all.append(fields.bytes, line.value)
        }
        return all
    }

    /// The weak comparison, RFC 9110 §8.8.3.2.
    private static func lists(_ list: [UInt8], _ tag: [UInt8]) -> Bool {
        var members = ListMembers(0..<list.count)
        while let member = members.next(list.span) {
            if opaque(Array(list[member])) == tag { return true }
        }
        return false
    }

    static func opaque(_ tag: [UInt8]) -> [UInt8] { tag.starts(with: Array("W/".utf8)) ? Array(tag.dropFirst(2)) : tag }
}

extension FieldSection {
    /// `Pragma: no-cache`, RFC 9111 §5.4.
    package var hasNoCachePragma: Bool {
        onlyValue(named: "pragma").map { Text.equal($0.span, 0..<$0.count, "no-cache") } ?? false
    }
}

extension FieldSection {
    /// Does a field ask for another method than the request line has? Some applications heed it in a GET, too, and their answer,
    /// such as a 405, must not be stored as that to a plain one.
    package var asksForOtherMethod: Bool {
        let bytes = bytes.span
        return lines.contains { line in
            // By length, so that a request's other fields cost nothing.
            let name: StaticString
            switch line.name.count {
            case 13: name = "x-http-method"
            case 17: name = "x-method-override"
            case 22: name = "x-http-method-override"
            default: return false
            }
            return Text.isVariable(bytes.extracting(line.name), name)
        }
    }
}

extension RequestHead {
    /// Asks whether a stored answer is still the same (RFC 9111 §4.3.1), in place of what the client asks.
    /// - Returns: false if the answer has nothing to ask by.
    package func makeConditional(on stored: ResponseHead) -> Bool {
        guard CacheRules.hasValidator(stored.fields) else { return false }
        dropConditions()
        let fields = stored.fields
        if let tag = fields.first(.etag) { append("If-None-Match", fields.bytes.span.extracting(tag.value)) }
        if let date = fields.first(.lastModified) { append("If-Modified-Since", fields.bytes.span.extracting(date.value)) }
        return true
    }

    /// Asks for the whole answer, whatever the client has of it.
    package func dropConditions() {
        removeLines { line, _ in
            switch line.known {
            case .ifNoneMatch, .ifModifiedSince, .ifMatch, .ifUnmodifiedSince, .range, .ifRange: true
            default: false
            }
        }
    }
}
