/// The head of a frame of Zstandard (RFC 8878 §3.1.1).
enum ZstdFrame {
    /// Bytes of the longest head, the magic number among them.
    static let maxHeadBytes = 18

    /// RFC 9659 §3: what is sent as `zstd` has no window beyond 8 MiB. Browsers refuse it, curl and others do not.
    private static let widestWindow: UInt64 = 8 << 20

    /// Can all who accept `zstd` read what begins so? Of what is no frame nothing is known, and that passes.
    static func isForEverybody(_ head: Span<UInt8>) -> Bool {
        guard head.count > 5, number(head, 0, 4) == 0xFD2F_B528 else { return true }
        let flags = head[4]
        let isOneSegment = flags & 0x20 != 0
        let dictionaryBytes = [0, 1, 2, 4][Int(flags & 3)]
        let dictionaryPlace = isOneSegment ? 5 : 6
        // A dictionary that no client has been given.
        if number(head, dictionaryPlace, dictionaryBytes) != 0 { return false }
        guard isOneSegment else { return window(head[5]) <= widestWindow }
        // The window is all of the content, whose size is told then.
        let sizeBytes = [1, 2, 4, 8][Int(flags >> 6)]
        let size = number(head, dictionaryPlace + dictionaryBytes, sizeBytes)
        return size + (sizeBytes == 2 ? 256 : 0) <= widestWindow
    }

    /// RFC 8878 §3.1.1.1.2
    private static func window(_ descriptor: UInt8) -> UInt64 {
        let base: UInt64 = 1 << (10 + UInt64(descriptor >> 3))
        return base + base / 8 * UInt64(descriptor & 7)
    }

    /// Little endian; what is cut off is zero.
    private static func number(_ head: Span<UInt8>, _ offset: Int, _ count: Int) -> UInt64 {
        (offset..<min(offset + count, max(head.count, offset))).reversed().reduce(0) { $0 << 8 | UInt64(head[$1]) }
    }
}
