package import HTTP

/// A message's trailers as they are decoded.
package struct TrailerFields {
    package private(set) var fields = FieldSection()
    /// The first rule that was broken; nil as long as none is.
    package private(set) var malformation: RefusalReason?
    /// More was sent than the limits allow; the rest was dropped.
    package private(set) var isTooLarge = false
    private var size = 0
    private let limits: ChunkLimits

    package init(limits: ChunkLimits) {
        self.limits = limits
    }

    /// Adds the next field; see `FieldDecoder.Take`.
    package mutating func add(name: Span<UInt8>, value: Span<UInt8>, index: Int = 0) {
        guard malformation == nil else { return }
        size += name.count + value.count + 4
        if size > limits.maxTrailerBytes || fields.lines.count >= limits.maxTrailerFields { isTooLarge = true }
        guard !isTooLarge else { return }
        malformation = FieldRules.malformation(name: name, value: value, index: index)
        if malformation == nil, name[0] == 0x3A { malformation = .pseudoFieldUnknown }
        if malformation == nil { fields.append(name: name, value: value) }
    }
}
