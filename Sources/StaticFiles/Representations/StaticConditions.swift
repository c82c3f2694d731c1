package import HTTP

/// The request's fields that steer a static answer: conditions and ranges as received, nil if absent, several lines of one list
/// field joined by ", " (RFC 9110 §5.3).
package struct StaticConditions: Sendable {
    /// Few, and most requests have none: one word to be copied and freed.
    private var present: [(field: KnownField, value: [UInt8])] = []
    /// The forms that are wanted. Nearly every request says some, so nothing is kept of it that would have to be freed.
    package var acceptEncoding = AcceptEncoding()

    package init() {}

    /// No condition and no range: the file is asked for, in whatever form.
    package var isEmpty: Bool { present.isEmpty }

    /// Reads the conditions of a request.
    package init(_ fields: borrowing FieldSection) {
        acceptEncoding = AcceptEncoding(fields)
        for line in fields.lines {
            switch line.known {
            case .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince, .range, .ifRange:
                var value = self[line.known] ?? []
                if !value.isEmpty { value.append(", ") }
                value.append(fields.bytes, line.value)
                self[line.known] = value
            default: break
            }
        }
    }

    package var ifMatch: [UInt8]? {
        get { self[.ifMatch] }
        set { self[.ifMatch] = newValue }
    }
    package var ifNoneMatch: [UInt8]? {
        get { self[.ifNoneMatch] }
        set { self[.ifNoneMatch] = newValue }
    }
    package var ifModifiedSince: [UInt8]? {
        get { self[.ifModifiedSince] }
        set { self[.ifModifiedSince] = newValue }
    }
    package var ifUnmodifiedSince: [UInt8]? {
        get { self[.ifUnmodifiedSince] }
        set { self[.ifUnmodifiedSince] = newValue }
    }
    package var range: [UInt8]? {
        get { self[.range] }
        set { self[.range] = newValue }
    }
    package var ifRange: [UInt8]? {
        get { self[.ifRange] }
        set { self[.ifRange] = newValue }
    }

    private subscript(_ field: KnownField) -> [UInt8]? {
        get { present.first { $0.field == field }?.value }
        set {
            present.removeAll { $0.field == field }
            if let newValue { present.append((field, newValue)) }
        }
    }
}

/// What a representation can be compared by; nil where the operator switched it off.
struct Validators {
    let etag: EntityTag?
    /// Seconds since 1970, never in the future (RFC 9110 §8.8.2.1).
    let lastModified: Int64?
}

/// What the preconditions of a GET or HEAD say.
enum Verdict: Equatable {
    case send
    /// 304, and the field that says so.
    case notModified(by: String)
    /// 412, and the field that says so.
    case failed(by: String)
}

extension StaticConditions {
    /// Evaluates the preconditions in the order of RFC 9110 §13.2.2, steps 1 to 4. `now`: seconds since 1970.
    func verdict(on validators: Validators, now: Int64) -> Verdict {
        if let ifMatch {
            // (1) Strong comparison: RFC 9110 §13.1.1.
            if !EntityTag.list(ifMatch, names: validators.etag, weakly: false) { return .failed(by: "If-Match") }
        } else if let limit = date(ifUnmodifiedSince, now: now), let modified = validators.lastModified {
            // (2) Only without If-Match; a date that cannot be read is ignored (RFC 9110 §13.1.4).
            if modified > limit { return .failed(by: "If-Unmodified-Since") }
        }
        if let ifNoneMatch {
            // (3) Weak comparison: RFC 9110 §13.1.2.
            if EntityTag.list(ifNoneMatch, names: validators.etag, weakly: true) { return .notModified(by: "If-None-Match") }
        } else if let limit = date(ifModifiedSince, now: now), let modified = validators.lastModified {
            // (4) Only without If-None-Match (RFC 9110 §13.1.3).
            if modified <= limit { return .notModified(by: "If-Modified-Since") }
        }
        return .send
    }

    /// Step 5 of RFC 9110 §13.2.2: whether Range counts. True without If-Range.
    func rangeApplies(to validators: Validators, now: Int64) -> Bool {
        guard let ifRange else { return true }
        if let matches = EntityTag.single(ifRange, is: validators.etag) { return matches }
        // RFC 9110 §13.1.5: the exact date, and only where it is strong: a file that changed within the last second may
        // change again without a new date (§8.8.2.2).
        guard let date = HTTPDate.parse(ifRange.span, 0..<ifRange.count, now: now), let modified = validators.lastModified else {
            return false
        }
        return date == modified && modified < now
    }

    private func date(_ field: [UInt8]?, now: Int64) -> Int64? {
        field.flatMap { HTTPDate.parse($0.span, 0..<$0.count, now: now) }
    }
}
