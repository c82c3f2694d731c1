/// Gathers one frame header that may arrive in any number of pieces. Holds at most 14 bytes, allocates nothing.
package struct FrameHeaderReader: Sendable {
    private var held: InlineArray<14, UInt8> = .init(repeating: 0)
    private var heldCount = 0

    package init() {}

    /// Bytes of an incomplete header seen so far: 0 to 13.
    package var pendingBytes: Int { heldCount }

    /// Reads on from `position`, which moves behind the bytes taken; the header, as soon as its last byte was there.
    package mutating func read(_ bytes: Span<UInt8>, at position: inout Int) -> FrameHeader? {
        if heldCount == 0, let header = FrameHeader.parse(bytes, at: position) {
            position += header.size
            return header
        }
        while position < bytes.count {
            held[heldCount] = bytes[position]
            heldCount += 1
            position += 1
            if let header = FrameHeader.parse(held.span.extracting(first: heldCount)) {
                heldCount = 0
                return header
            }
        }
        return nil
    }
}
