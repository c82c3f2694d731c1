import CBrotli

/// Brotli (RFC 7932). A window of 256 KiB, as nearly all pages fit into: the encoder's memory follows the window.
@safe final class BrotliEncoder: ContentEncoder {
    // `@safe` holds because the pointer never leaves this class, is made in `init` and freed in `deinit` only, and libbrotli
    // keeps no pointer to input or output beyond a call.
    private let state: OpaquePointer
    private var isFinished = false

    private static let windowBits: UInt32 = 18

    /// `quality`: 0 to 11. Errors: if there is no memory, or the quality is none.
    init(quality: Int) throws(EncodingError) {
        // Safe: without functions of our own libbrotli uses malloc.
        guard let made = unsafe BrotliEncoderCreateInstance(nil, nil, nil) else {
            throw EncodingError("brotli has no memory for an encoder")
        }
        // Safe: made above.
        let hasQuality = unsafe BrotliEncoderSetParameter(made, BROTLI_PARAM_QUALITY, UInt32(clamping: quality)) != 0
        let hasWindow = unsafe BrotliEncoderSetParameter(made, BROTLI_PARAM_LGWIN, Self.windowBits) != 0
        guard (0...11).contains(quality), hasQuality, hasWindow else {
            unsafe BrotliEncoderDestroyInstance(made)  // Safe: made above, and nobody else has it.
            throw EncodingError("brotli cannot start at quality \(quality)")
        }
        unsafe state = made
    }

    deinit {
        unsafe BrotliEncoderDestroyInstance(state)  // Safe: made in `init`, freed here alone.
    }

    func encode(_ input: Span<UInt8>, into output: inout [UInt8], flush: EncoderFlush) throws(EncodingError) {
        guard !isFinished else { throw EncodingError("the brotli stream has already ended") }
        if input.isEmpty && flush == .none { return }
        let operation =
            switch flush {
            case .none: BROTLI_OPERATION_PROCESS
            case .sync: BROTLI_OPERATION_FLUSH
            case .finish: BROTLI_OPERATION_FINISH
            }
        let isWell = unsafe input.withUnsafeBufferPointer { bytes in
            // Safe: libbrotli reads at most the `left` bytes at `next`, during this closure.
            var next = bytes.baseAddress
            var left = bytes.count
            return unsafe drain(&next, &left, into: &output, operation)
        }
        guard isWell else { throw EncodingError("brotli failed") }
        isFinished = flush == .finish
    }

    /// Runs the encoder until it has taken all input and has nothing more to say (brotli/encode.h, BrotliEncoderCompressStream).
    private func drain(
        _ next: inout UnsafePointer<UInt8>?, _ left: inout Int, into output: inout [UInt8], _ operation: BrotliEncoderOperation
    ) -> Bool {
        var isWell = true
        repeat {
            output.append(addingCapacity: 16 * 1024) { span in
                unsafe span.withUnsafeMutableBufferPointer { buffer, initialized in
                    // Safe: libbrotli writes at most `room` bytes after the initialised ones, all in the buffer, and the count
                    // grows by exactly what it wrote.
                    guard let start = buffer.baseAddress else { return }
                    var room = buffer.count - initialized
                    let before = room
                    var place: UnsafeMutablePointer<UInt8>? = unsafe start + initialized
                    isWell = unsafe BrotliEncoderCompressStream(state, operation, &left, &next, &room, &place, nil) != 0
                    initialized += before - room
                }
            }
        } while isWell && (left > 0 || hasMore)
        return isWell
    }

    private var hasMore: Bool { unsafe BrotliEncoderHasMoreOutput(state) != 0 }

    /// libbrotli cannot.
    func restart() -> Bool { false }
}
