/// Which known fields occur in a section, and which of them more than once.
@usableFromInline
struct KnownFieldSet: Sendable {
    /// A bit for each.
    @usableFromInline private(set) var present: UInt64 = 0
    @usableFromInline private(set) var repeated: UInt64 = 0

    @inline(__always)
    mutating func insert(_ known: KnownField) {
        repeated |= present & known.bit
        present |= known.bit
    }
}
