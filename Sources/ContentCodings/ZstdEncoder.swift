import CZstd

/// Zstandard (RFC 8878). A window of 256 KiB; RFC 9659 has decoders take up to 8 MiB, and the encoder's memory follows it.
@safe final class ZstdEncoder: ContentEncoder {
    // `@safe` holds because the pointer never leaves this class, is made in `init` and freed in `deinit` only, and libzstd keeps
    // no pointer to input or output beyond a call.
    private let context: OpaquePointer
    private var isFinished = false

    private static let windowLog: Int32 = 18

    /// `level`: 1 to 19. Errors: if there is no memory, or the level is none.
    init(level: Int) throws(EncodingError) {
        guard let made = unsafe ZSTD_createCCtx() else { throw EncodingError("zstd has no memory for an encoder") }
        // Safe: made above.
        let level32 = Int32(clamping: level)
        let hasLevel = unsafe gh_zstd_is_error(ZSTD_CCtx_setParameter(made, ZSTD_c_compressionLevel, level32)) == 0
        let hasWindow = unsafe gh_zstd_is_error(ZSTD_CCtx_setParameter(made, ZSTD_c_windowLog, Self.windowLog)) == 0
        guard (1...19).contains(level), hasLevel, hasWindow else {
            unsafe ZSTD_freeCCtx(made)  // Safe: made above, and nobody else has it.
            throw EncodingError("zstd cannot start at level \(level)")
        }
        unsafe context = made
    }

    deinit {
        unsafe ZSTD_freeCCtx(context)  // Safe: made in `init`, freed here alone.
    }

    func encode(_ input: Span<UInt8>, into output: inout [UInt8], flush: EncoderFlush) throws(EncodingError) {
        guard !isFinished else { throw EncodingError("the zstd frame has already ended") }
        if input.isEmpty && flush == .none { return }
        let mode =
            switch flush {
            case .none: ZSTD_e_continue
            case .sync: ZSTD_e_flush
            case .finish: ZSTD_e_end
            }
        let isWell = unsafe input.withUnsafeBufferPointer { bytes in
            // Safe: libzstd reads at most the input's bytes, during this closure.
            var rest = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
            return unsafe drain(&rest, into: &output, mode)
        }
        guard isWell else { throw EncodingError("zstd failed") }
        isFinished = flush == .finish
    }

    /// Runs the encoder until it has taken all input and, where it was asked to flush, has nothing more to say (zstd.h,
    /// ZSTD_compressStream2).
    private func drain(_ rest: inout ZSTD_inBuffer, into output: inout [UInt8], _ mode: ZSTD_EndDirective) -> Bool {
        var left = 0
        repeat {
            output.append(addingCapacity: 16 * 1024) { span in
                unsafe span.withUnsafeMutableBufferPointer { buffer, initialized in
                    // Safe: libzstd writes at most the room after the initialised bytes, all in the buffer, and the count grows
                    // by exactly what it wrote.
                    guard let start = buffer.baseAddress else { return }
                    var room = unsafe ZSTD_outBuffer(dst: start + initialized, size: buffer.count - initialized, pos: 0)
                    left = unsafe ZSTD_compressStream2(context, &room, &rest, mode)
                    unsafe initialized += room.pos
                }
            }
            if gh_zstd_is_error(left) != 0 { return false }
        } while unsafe rest.pos < rest.size || mode != ZSTD_e_continue && left > 0
        return true
    }

    func restart() -> Bool {
        isFinished = false
        return unsafe gh_zstd_is_error(ZSTD_CCtx_reset(context, ZSTD_reset_session_only)) == 0
    }
}
