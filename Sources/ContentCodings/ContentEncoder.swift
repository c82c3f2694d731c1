package import HTTP

/// A streaming encoder of one content coding (RFC 9110 §8.4.1). Its state is bounded, whatever passes through it. Not `Sendable`:
/// it belongs to one body at a time.
package protocol ContentEncoder: AnyObject {
    /// Encodes all of `input` and appends what comes out to `output`. After `.finish` only `restart` may follow.
    /// Errors: if the encoder has ended already, or its library has failed.
    func encode(_ input: Span<UInt8>, into output: inout [UInt8], flush: EncoderFlush) throws(EncodingError)

    /// Makes it as it was at first, for another body.
    /// - Returns: false if it cannot be used again.
    func restart() -> Bool
}

/// What must come out of one call.
package enum EncoderFlush: Sendable {
    /// Whatever the encoder likes; possibly nothing yet.
    case none
    /// Everything given so far can be decoded; costs a few bytes. For content that is streamed.
    case sync
    /// The last input: the end comes out, and the encoder is used up.
    case finish
}

/// Why a body cannot be encoded.
package struct EncodingError: Error, Equatable, Sendable {
    /// For the log.
    package let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// How hard the encoders try, each on its own scale.
package struct EncodingLevels: Sendable, Hashable {
    /// zlib's, 0 to 9.
    package var gzip: Int
    /// libbrotli's quality, 0 to 11. From 10 on it takes many megabytes and a hundred times as long.
    package var brotli: Int
    /// libzstd's, 1 to 19.
    package var zstd: Int

    package init(gzip: Int = 6, brotli: Int = 4, zstd: Int = 3) {
        self.gzip = gzip
        self.brotli = brotli
        self.zstd = zstd
    }

    /// Of one coding.
    func level(of coding: ContentCoding) -> Int {
        switch coding {
        case .identity: 0
        case .gzip: gzip
        case .brotli: brotli
        case .zstd: zstd
        }
    }
}

extension ContentCoding {
    /// An encoder. Errors: if its library refuses the level or has no memory.
    /// - Returns: nil for identity.
    package func encoder(_ levels: EncodingLevels) throws(EncodingError) -> (any ContentEncoder)? {
        let level = levels.level(of: self)
        switch self {
        case .identity: return nil
        case .gzip: return try GzipEncoder(level: level)
        case .brotli: return try BrotliEncoder(quality: level)
        case .zstd: return try ZstdEncoder(level: level)
        }
    }
}
