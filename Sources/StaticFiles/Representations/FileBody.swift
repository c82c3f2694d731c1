import ContentCodings

/// The bytes of an answer: a file's, or parts of them, or an encoded form, pulled in bounded pieces. Keeps the file that it reads
/// open, which a `StaticCache` may do, too. Not `Sendable`: it belongs to one exchange.
package final class FileBody {
    /// Input that one call compresses at most, so that an event loop stays fair. Also the distance of flush points: at fixed
    /// places in the file, so that the same file always gives the same bytes (a strong entity tag promises that).
    static let slice: UInt64 = 64 * 1024
    private static let inputPiece = 16 * 1024

    private let source: Source
    /// Where the next byte is read, and where to stop: fixed when the head was made, whatever becomes of the file.
    private(set) var offset: UInt64
    private var end: UInt64
    private var encoding: Encoding?
    /// What comes before the next byte that is read; as far as it is not taken.
    private var preface: ArraySlice<UInt8> = []
    /// What follows `end`, the next one last.
    private var following: [Part] = []
    /// Bytes of the file at `offset`, which have been read already; as far as they are not taken.
    private var ahead: ArraySlice<UInt8> = []

    /// One of several parts of a file.
    struct Part {
        /// Stands before the part.
        var preface: [UInt8]
        var range: Range<UInt64>
    }

    private enum Source {
        case file(OpenFile)
        case memory([UInt8])
    }

    private struct Encoding {
        let encoder: any ContentEncoder
        var encoded: [UInt8] = []
        var taken = 0
        var isFinished = false
        var collection: Collection?
    }

    /// What has been encoded so far, for who wants the whole of it in the end.
    private struct Collection {
        let limit: Int
        let whole: ([UInt8]) -> Void
        var bytes: [UInt8] = []
    }

    /// The bytes in `range`, which must lie in the file as it was when opened.
    init(_ file: OpenFile, range: Range<UInt64>) {
        source = .file(file)
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The bytes in `range` of what is in memory.
    init(_ bytes: [UInt8], range: Range<Int>) {
        source = .memory(bytes)
        offset = UInt64(range.lowerBound)
        end = UInt64(range.upperBound)
    }

    /// Several parts, with what stands between them.
    init(_ parts: [Part], of body: FileBody) {
        source = body.source
        offset = 0
        end = 0
        following = parts.reversed()
    }

    /// The whole file through `encoder`; its compressed bytes are not counted beforehand.
    init(_ file: OpenFile, through encoder: any ContentEncoder) {
        source = .file(file)
        offset = 0
        end = file.facts.size
        encoding = Encoding(encoder: encoder)
    }

    /// Of a body that is compressed on its way: calls `whole` with everything that came out, at the end and if it is not more
    /// than `limit` bytes.
    func collect(atMost limit: Int, whole: @escaping ([UInt8]) -> Void) {
        encoding?.collection = Collection(limit: limit, whole: whole)
    }

    /// Where the bytes are, if all of them are in memory: they need not be read then.
    package var content: (bytes: [UInt8], range: Range<Int>)? {
        guard case .memory(let bytes) = source, following.isEmpty, preface.isEmpty else { return nil }
        return (bytes, Int(offset)..<Int(end))
    }

    /// Appends the next bytes to the free part of `output`, which must not be empty. Waits for nothing. A file that grows is cut
    /// at its old length.
    /// - Returns: how many; 0 is the end, reached only after every promised byte. Nil: they must be read where that may take its
    ///   time, see `reading`.
    /// - Throws: `.truncated` if the file became shorter, `.changed`, or `.other`; the transfer must then be cut visibly.
    package func read(into output: inout OutputSpan<UInt8>) throws(StaticError) -> Int? {
        precondition(output.freeCapacity > 0)
        guard encoding == nil else { return try readEncoded(into: &output) }
        while true {
            if !preface.isEmpty { return readPreface(into: &output) }
            if offset < end { return try readSource(into: &output, limit: end - offset) }
            guard let next = following.popLast() else { return 0 }
            preface = next.preface[...]
            (offset, end) = (next.range.lowerBound, next.range.upperBound)
        }
    }

    private func readPreface(into output: inout OutputSpan<UInt8>) -> Int {
        let count = min(output.freeCapacity, preface.count)
        for byte in preface.prefix(count) { output.append(byte) }
        preface.removeFirst(count)
        return count
    }

    private func readSource(into output: inout OutputSpan<UInt8>, limit: UInt64) throws(StaticError) -> Int? {
        let count: Int
        switch source {
        case .file where !ahead.isEmpty:
            count = min(output.freeCapacity, ahead.count, Int(clamping: limit))
            for byte in ahead.prefix(count) { output.append(byte) }
            ahead.removeFirst(count)
        case .file(let file):
            guard let read = try file.readCached(into: &output, at: offset, limit: Int(clamping: limit)) else { return nil }
            guard read > 0 else { throw .truncated(missing: end - offset) }
            guard file.isUnchangedOrGrown else { throw .changed }
            count = read
        case .memory(let bytes):
            count = min(output.freeCapacity, Int(limit))
            for index in Int(offset)..<Int(offset) + count { output.append(bytes[index]) }
        }
        offset += UInt64(count)
        return count
    }

    private func readEncoded(into output: inout OutputSpan<UInt8>) throws(StaticError) -> Int? {
        guard var state = encoding.take() else { return 0 }
        defer { encoding = state }
        if state.taken == state.encoded.count {
            guard !state.isFinished else { return 0 }
            guard try hasSlice() else { return nil }
            state.encoded.removeAll(keepingCapacity: true)
            state.taken = 0
            try encodeSlice(&state)
            Self.collect(&state)
        }
        let count = min(output.freeCapacity, state.encoded.count - state.taken)
        for index in state.taken..<state.taken + count {
            output.append(state.encoded[index])
        }
        state.taken += count
        return count
    }

    /// Is the next slice there? A part of one would be no use: where the encoder is flushed must depend on nothing but the file.
    private func hasSlice() throws(StaticError) -> Bool {
        guard case .file(let file) = source, offset < end, ahead.isEmpty else { return true }
        let count = Int(min(Self.slice, end - offset))
        var bytes: [UInt8] = []
        var isCold = false
        try bytes.append(addingCapacity: count) { output throws(StaticError) in
            while output.count < count {
                let position = offset + UInt64(output.count)
                guard let read = try file.readCached(into: &output, at: position, limit: count - output.count) else {
                    isCold = true
                    return
                }
                guard read > 0 else { throw .truncated(missing: end - position) }
                guard file.isUnchangedOrGrown else { throw .changed }
            }
        }
        guard !isCold else { return false }
        ahead = bytes[...]
        return true
    }

    /// What must be read before `read` goes on, after it has returned nil; nil if nothing must.
    package var reading: FileReading? {
        guard case .file(let file) = source, ahead.isEmpty, offset < end else { return nil }
        return FileReading(file: file, range: offset..<min(end, offset + Self.slice), end: end)
    }

    /// Takes the bytes that have been read.
    /// - Parameter bytes: of the reading that was asked for last.
    /// - Throws: why there are none.
    package func take(_ bytes: Result<[UInt8], StaticError>) throws(StaticError) { ahead = try bytes.get()[...] }

    /// Encodes up to the next flush point or the end. Always yields bytes, so that 0 can mean the end.
    private func encodeSlice(_ state: inout Encoding) throws(StaticError) {
        let stop = min(end, offset + Self.slice)
        var piece: [UInt8] = []
        repeat {
            piece.removeAll(keepingCapacity: true)
            if offset < stop {
                let limit = min(stop - offset, UInt64(Self.inputPiece))
                try piece.append(addingCapacity: Self.inputPiece) { (span) throws(StaticError) in
                    _ = try readSource(into: &span, limit: limit)
                }
            }
            state.isFinished = offset == end
            let flush: EncoderFlush = state.isFinished ? .finish : offset == stop ? .sync : .none
            do throws(EncodingError) {
                try state.encoder.encode(piece.span, into: &state.encoded, flush: flush)
            } catch {
                throw .other(reason: error.reason)
            }
        } while offset < stop
    }

    private static func collect(_ state: inout Encoding) {
        guard var collection = state.collection.take() else { return }
        guard collection.bytes.count + state.encoded.count <= collection.limit else { return }
        collection.bytes += state.encoded
        if state.isFinished { collection.whole(collection.bytes) } else { state.collection = collection }
    }
}
