import CNghttp2

/// Reads field sections, RFC 7541, with nghttp2's decoder and its dynamic table.
///
/// `@safe`: the decoder is made in `init` and freed in `deinit`; what it lends is used before it is called again.
@safe package final class FieldDecoder {
    private let inflater: OpaquePointer

    /// Its dynamic table holds at most 4,096 bytes, which is what a peer may use unless it is told otherwise.
    package init() {
        var made: OpaquePointer?
        // It fails only for want of memory.
        guard unsafe nghttp2_hd_inflate_new(&made) == 0, let made = unsafe made else { preconditionFailure("no memory") }
        unsafe inflater = made
    }

    deinit {
        unsafe nghttp2_hd_inflate_del(inflater)
    }

    /// Decodes the next piece of a field section.
    /// - Parameters:
    ///   - isLast: no other piece follows.
    ///   - take: gets each name and its value; both are gone when it returns.
    /// - Throws: COMPRESSION_ERROR, after which the connection cannot go on (RFC 9113 §4.3).
    package func decode(
        _ piece: Span<UInt8>, isLast: Bool, _ take: (_ name: Span<UInt8>, _ value: Span<UInt8>) -> Void
    ) throws(ConnectionError) {
        try unsafe piece.withUnsafeBufferPointer { bytes throws(ConnectionError) in
            try unsafe decode(bytes, isLast, take)
        }
        if isLast { unsafe nghttp2_hd_inflate_end_headers(inflater) }
    }

    @unsafe private func decode(
        _ bytes: UnsafeBufferPointer<UInt8>, _ isLast: Bool, _ take: (Span<UInt8>, Span<UInt8>) -> Void
    ) throws(ConnectionError) {
        var start = 0
        while true {
            var field = unsafe nghttp2_nv()
            var flags: Int32 = 0
            let next = unsafe bytes.baseAddress.map { unsafe $0 + start }
            let count = unsafe nghttp2_hd_inflate_hd2(
                inflater, &field, &flags, next, bytes.count - start, isLast ? 1 : 0)
            guard count >= 0 else { throw ConnectionError(.compressionError, "a field section cannot be decoded") }
            start += count
            if flags & Int32(NGHTTP2_HD_INFLATE_EMIT.rawValue) != 0 {
                unsafe take(
                    UnsafeBufferPointer(start: field.name, count: field.namelen).span,
                    UnsafeBufferPointer(start: field.value, count: field.valuelen).span)
                continue
            }
            if flags & Int32(NGHTTP2_HD_INFLATE_FINAL.rawValue) != 0 || start == bytes.count { return }
        }
    }
}
