package import HTTP
import HTTP2

/// The heads of an answer as they have come on a stream, put together as HTTP/1.1 writes them, until the exchange takes them.
package struct HTTP2Answer {
    /// One behind the other; nearly always there is one.
    private var heads: [UInt8] = []
    /// Has the final one come? What follows are DATA and trailers.
    package private(set) var isFinal = false
    /// Why the answer is none; nil while nothing is wrong with it.
    package internal(set) var refusal: HTTPRefusal?
    /// The request was a HEAD: there is no body, whatever the head says (RFC 9110 §9.3.2).
    var isToHead = false
    /// Lines that make a 101 of a 2xx, which is the answer to an extended CONNECT (RFC 8441 §5); empty: it was none.
    var switching: [UInt8] = []

    init() {}

    mutating func reset() {
        heads.removeAll(keepingCapacity: true)
        isFinal = false
        refusal = nil
        isToHead = false
        switching = []
    }

    package var isEmpty: Bool { heads.isEmpty }

    /// Takes a head that has come.
    /// - Returns: false if more wait than anybody sends.
    mutating func append(_ fields: borrowing ResponseFields, isFinal: Bool, switches: Bool, limit: Int) -> Bool {
        fields.appendHead(switching: switches ? switching : [], to: &heads)
        self.isFinal = isFinal
        return heads.count <= limit
    }

    /// Lends what has come and not been taken.
    /// - Parameter read: returns how many bytes the first head has.
    /// - Returns: false if there is none.
    package mutating func take(_ read: (Span<UInt8>) throws(HTTPRefusal) -> Int?) throws(HTTPRefusal) -> Bool {
        guard !heads.isEmpty, let count = try read(heads.span) else { return false }
        if count == heads.count { heads.removeAll(keepingCapacity: true) } else { heads.removeSubrange(..<count) }
        return true
    }
}
