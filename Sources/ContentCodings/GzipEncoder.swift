import CZlib

/// gzip (RFC 1952), about 256 KiB of state.
@safe final class GzipEncoder: ContentEncoder {
    // `@safe` holds because the pointer never leaves this class, is allocated and initialised in `init` and freed in `deinit`
    // only, and zlib keeps no pointer to input or output beyond a call.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isFinished = false

    /// `level`: 0 (stored) to 9 (smallest). Errors: if zlib refuses the level or has no memory.
    init(level: Int) throws(EncodingError) {
        let allocated = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        // Safe: just allocated. A zeroed z_stream asks for zlib's own allocator.
        unsafe allocated.initialize(to: z_stream())
        // Safe: initialised, and its address stays until `deinit`: zlib checks that it does.
        let code = unsafe gh_gzip_init(allocated, Int32(clamping: level))
        guard code == Z_OK else {
            unsafe allocated.deallocate()  // Safe: a failed init leaves nothing behind, and nobody else has the pointer.
            throw EncodingError("zlib cannot start at level \(level): code \(code)")
        }
        unsafe stream = allocated
    }

    deinit {
        // Safe: initialised in `init`, freed here alone. The code says only whether input was left over.
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    func encode(_ input: Span<UInt8>, into output: inout [UInt8], flush: EncoderFlush) throws(EncodingError) {
        guard !isFinished else { throw EncodingError("the gzip stream has already ended") }
        // zlib counts in 32 bits; callers work in slices far below that.
        guard input.count <= Int(Int32.max) else { throw EncodingError("more than 2 GiB in one call") }
        if input.isEmpty && flush == .none { return }
        let mode =
            switch flush {
            case .none: Z_NO_FLUSH
            case .sync: Z_SYNC_FLUSH
            case .finish: Z_FINISH
            }
        let code = unsafe input.withUnsafeBufferPointer { bytes in
            // Safe: zlib only reads `next_in` (its type lacks `const` for old callers), within `avail_in`, during this closure.
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
            unsafe stream.pointee.avail_in = UInt32(bytes.count)
            let code = drain(into: &output, mode: mode)
            unsafe stream.pointee.next_in = nil
            return code
        }
        // Z_BUF_ERROR: nothing was left to do, as after two flushes in a row.
        guard code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END else {
            throw EncodingError("zlib failed: code \(code)")
        }
        isFinished = code == Z_STREAM_END
    }

    /// Runs zlib until it leaves room in the output, which means that it has nothing more to say (zlib.h, deflate).
    private func drain(into output: inout [UInt8], mode: Int32) -> Int32 {
        let step = 16 * 1024
        while true {
            var code = Z_OK
            var room: UInt32 = 0
            output.append(addingCapacity: step) { span in
                unsafe span.withUnsafeMutableBufferPointer { buffer, initialized in
                    guard let start = buffer.baseAddress else { return }
                    // Safe: zlib writes only the `avail_out` bytes after the initialised ones, all in the buffer, and
                    // the count grows by exactly what it wrote.
                    let free = min(buffer.count - initialized, step)
                    unsafe stream.pointee.next_out = start + initialized
                    unsafe stream.pointee.avail_out = UInt32(free)
                    code = unsafe deflate(stream, mode)
                    room = unsafe stream.pointee.avail_out
                    initialized += free - Int(room)
                    unsafe stream.pointee.next_out = nil
                }
            }
            if code != Z_OK || room > 0 { return code }
        }
    }

    func restart() -> Bool {
        isFinished = false
        return unsafe deflateReset(stream) == Z_OK  // Safe: initialised in `init`.
    }
}
