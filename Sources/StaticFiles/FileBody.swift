/// A file's bytes, or a part of them, or their gzip form, pulled in bounded pieces. Holds the descriptor; dropping the body
/// closes it. Not `Sendable`: it belongs to one exchange.
package final class FileBody {
    /// Input that one call compresses at most, so that an event loop stays fair. Also the distance of flush points: at fixed
    /// places in the file, so that the same file always gives the same bytes (a strong entity tag promises that).
    static let slice: UInt64 = 64 * 1024
    private static let inputPiece = 16 * 1024

    private let file: OpenFile
    /// Where the next byte is read, and where to stop: fixed when the head was made, whatever becomes of the file.
    package private(set) var offset: UInt64
    private let end: UInt64
    private var gzip: Gzip?

    private struct Gzip {
        let encoder: GzipEncoder
        var encoded: [UInt8] = []
        var taken = 0
        var isFinished = false
    }

    /// The bytes in `range`, which must lie in the file as it was when opened.
    init(_ file: OpenFile, range: Range<UInt64>) {
        self.file = file
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The whole file through `encoder`.
    init(_ file: OpenFile, through encoder: GzipEncoder) {
        self.file = file
        offset = 0
        end = file.size
        gzip = Gzip(encoder: encoder)
    }

    /// Bytes of the file not yet read.
    package var remaining: UInt64 { end - offset }

    /// For sendfile(2): the file's descriptor, valid while this body lives; send `remaining` bytes from `offset`, then call
    /// `advance(by:)`. Nil if the bytes are not the file's own (gzip). A sendfile(2) that returns 0 while bytes remain means
    /// that the file was cut: the connection must be, too.
    package var descriptor: Int32? { gzip == nil ? file.descriptor : nil }

    /// Notes that `count` bytes, at most `remaining`, were sent from `descriptor`.
    package func advance(by count: UInt64) {
        precondition(gzip == nil && count <= remaining)
        offset += count
    }

    /// Appends the next bytes to the free part of `output`, which must not be empty. Returns how many; 0 is the end, reached
    /// only after every promised byte. A file that grows is cut at its old length. May block on a cold disk for one piece.
    /// Errors: `.truncated` if the file became shorter, or `.other`; the transfer must then be cut visibly.
    package func read(into output: inout OutputSpan<UInt8>) throws(StaticError) -> Int {
        precondition(output.freeCapacity > 0)
        guard gzip == nil else { return try readEncoded(into: &output) }
        guard remaining > 0 else { return 0 }
        return try readFile(into: &output, limit: remaining)
    }

    private func readFile(into output: inout OutputSpan<UInt8>, limit: UInt64) throws(StaticError) -> Int {
        let count = try file.read(into: &output, at: offset, limit: Int(clamping: limit))
        guard count > 0 else { throw .truncated(missing: remaining) }
        offset += UInt64(count)
        return count
    }

    private func readEncoded(into output: inout OutputSpan<UInt8>) throws(StaticError) -> Int {
        guard var state = gzip.take() else { return 0 }
        defer { gzip = state }
        if state.taken == state.encoded.count {
            guard !state.isFinished else { return 0 }
            state.encoded.removeAll(keepingCapacity: true)
            state.taken = 0
            try encodeSlice(&state)
        }
        let count = min(output.freeCapacity, state.encoded.count - state.taken)
        for index in state.taken..<state.taken + count {
            output.append(state.encoded[index])
        }
        state.taken += count
        return count
    }

    /// Encodes up to the next flush point or the end. Always yields bytes, so that 0 can mean the end.
    private func encodeSlice(_ state: inout Gzip) throws(StaticError) {
        let stop = min(end, offset + Self.slice)
        var piece: [UInt8] = []
        repeat {
            piece.removeAll(keepingCapacity: true)
            if offset < stop {
                let limit = min(stop - offset, UInt64(Self.inputPiece))
                try piece.append(addingCapacity: Self.inputPiece) { (span) throws(StaticError) in
                    _ = try readFile(into: &span, limit: limit)
                }
            }
            state.isFinished = offset == end
            let flush: GzipEncoder.Flush = state.isFinished ? .finish : offset == stop ? .sync : .none
            try state.encoder.encode(piece.span, into: &state.encoded, flush: flush)
        } while offset < stop
    }
}
