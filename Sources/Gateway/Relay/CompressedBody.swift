import ContentCodings
import HTTP
import Messages

/// An upstream's body on its way through an encoder. What is read is encoded in bounded pieces, and what the encoder holds back
/// comes out when the upstream pauses.
final class CompressedBody {
    private let source: any BodySource
    private let encoder: any ContentEncoder
    private let kind: EncoderPool.Kind
    private let encoders: EncoderPool
    private var output: [UInt8] = []
    /// Bytes of `output` that are gone.
    private var taken = 0
    /// Has the encoder been given what it may hold back?
    private var holdsBack = false
    private var hasEnded = false

    /// Bytes that are encoded at once.
    private static let slice = 16 * 1024
    /// Bytes of output that are sent before more is encoded.
    private static let enough = 8 * 1024

    /// - Returns: nil if there is no encoder for it now.
    init?(_ source: any BodySource, _ coding: ContentCoding, by use: CompressionUse) {
        let kind = EncoderPool.Kind(coding: coding, levels: use.plan.levels)
        guard let encoder = use.encoders.take(kind, atMost: use.limit) else { return nil }
        self.source = source
        self.encoder = encoder
        self.kind = kind
        encoders = use.encoders
    }

    deinit {
        encoders.put(encoder, kind)
    }

    /// What is known of the next encoded bytes; see `BodySource.nextBody`.
    func next() throws(Failure) -> BodyState {
        if taken < output.count { return .ready(output.count - taken) }
        output.removeAll(keepingCapacity: true)
        taken = 0
        while !hasEnded, output.count < Self.enough {
            let state: BodyState
            do { state = try source.nextBody() } catch { throw Failure(error) }
            switch state {
            case .ready: try encodeSlice()
            case .needsBytes: return output.isEmpty ? .needsBytes : .ready(output.count)
            case .finished:
                try encode([UInt8]().span, .finish)
                hasEnded = true
            }
        }
        return output.isEmpty ? .finished : .ready(output.count)
    }

    /// The upstream pauses: what has been held back is to be sent.
    /// - Returns: is there anything?
    func flush() throws(Failure) -> Bool {
        guard holdsBack, !hasEnded else { return false }
        try encode([UInt8]().span, .sync)
        holdsBack = false
        return taken < output.count
    }

    /// Lends what `next` found; see `BodySource.drain`.
    func drain(_ take: (Span<UInt8>) throws(PeerError) -> Int) throws(PeerError) -> Int {
        let output = output
        let count = try take(output.span.extracting(taken..<output.count))
        taken += count
        return count
    }

    private func encodeSlice() throws(Failure) {
        var fault: Failure?
        do throws(PeerError) {
            _ = try source.drain { payload throws(PeerError) in
                let piece = payload.extracting(first: min(payload.count, Self.slice))
                do throws(Failure) { try encode(piece, .none) } catch { fault = error }
                return piece.count
            }
        } catch {
            throw Failure(.compressionFailed, detail: error.description)
        }
        if let fault { throw fault }
        holdsBack = true
    }

    private func encode(_ input: Span<UInt8>, _ flush: EncoderFlush) throws(Failure) {
        do throws(EncodingError) {
            try encoder.encode(input, into: &output, flush: flush)
        } catch {
            throw Failure(.compressionFailed, detail: error.reason)
        }
    }
}

/// What a relay needs to compress an answer.
struct CompressionUse {
    let plan: CompressionPlan
    let encoders: EncoderPool
    /// How many encoders the worker may have in use at a time.
    let limit: Int
}
