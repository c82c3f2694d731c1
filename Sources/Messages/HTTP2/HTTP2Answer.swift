package import HTTP
import HTTP2

/// The heads of an answer as they have come on a stream, put together as HTTP/1.1 writes them, until the exchange takes them.
package final class HTTP2Answer {
    /// One behind the other; nearly always there is one. Taken out while they are used: price 1.
    private var heads: [UInt8] = []
    /// Has the final one come? What follows are DATA and trailers.
    var isFinal: Bool { finalCame }
    // Price 6.
    private var finalCame = false
    /// The final one, if it is one that has come before; behind `heads`.
    private var repeated: HTTP2RepeatedAnswer?
    /// Why the answer is none; nil while nothing is wrong with it.
    package internal(set) var refusal: HTTPRefusal? {
        get { fault }
        set { fault = newValue }
    }
    private var fault: HTTPRefusal?
    /// The request was a HEAD: there is no body, whatever the head says (RFC 9110 §9.3.2).
    var isToHead = false
    /// Lines that make a 101 of a 2xx, which is the answer to an extended CONNECT (RFC 8441 §5); empty: it was none.
    var switching: [UInt8] = []

    init() {}

    func reset() {
        if !heads.isEmpty { heads = [] }
        finalCame = false
        repeated = nil
        fault = nil
        isToHead = false
        switching = []
    }

    package var isEmpty: Bool { heads.isEmpty && repeated == nil }

    /// Takes a head that has come.
    /// - Returns: false if more wait than anybody sends.
    func append(_ fields: borrowing ResponseFields, isFinal: Bool, switches: Bool, limit: Int) -> Bool {
        var heads = exchange(&self.heads, with: [])
        defer { self.heads = heads }
        fields.appendHead(switching: switches ? switching : [], to: &heads)
        finalCame = isFinal
        return heads.count <= limit
    }

    /// Takes a final head that has come before.
    func append(_ answer: HTTP2RepeatedAnswer) {
        repeated = answer
        finalCame = true
    }

    /// Reads the next head that has come.
    /// - Returns: false if there is none.
    package func take(into head: ResponseHead, limits: HeadLimits) throws(HTTPRefusal) -> Bool {
        guard heads.isEmpty else { return try take { span throws(HTTPRefusal) in try head.parse(span, limits: limits) } }
        guard let repeated = repeated.take() else { return false }
        try repeated.read(into: head, limits: limits)
        return true
    }

    private func take(_ read: (Span<UInt8>) throws(HTTPRefusal) -> Int?) throws(HTTPRefusal) -> Bool {
        var heads = exchange(&self.heads, with: [])
        defer { self.heads = heads }
        guard let count = try read(heads.span) else { return false }
        if count == heads.count { heads.removeAll(keepingCapacity: true) } else { heads.removeSubrange(..<count) }
        return true
    }
}
