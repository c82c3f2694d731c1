import Configuration
import ContentCodings
import HTTP

/// How answers of a site's upstreams are compressed.
final class CompressionPlan: Sendable {
    let rules: AnswerCompression
    /// What is offered to clients, the preferred one first.
    let codings: [ContentCoding]
    let levels: EncodingLevels

    /// - Returns: nil where they pass as they come.
    init?(_ compression: Compression) {
        guard compression.enabled, compression.proxied else { return nil }
        codings = compression.contentCodings
        levels = compression.levels
        rules = AnswerCompression(
            types: compression.types, minSize: UInt64(compression.minSize), codings: codings,
            takesCookies: compression.withCookies)
    }
}

extension Compression {
    /// The codings as the module `HTTP` knows them.
    var contentCodings: [ContentCoding] { codings.compactMap { ContentCoding(name: $0.rawValue) } }

    var levels: EncodingLevels { EncodingLevels(gzip: self.level, brotli: self.brotliLevel, zstd: self.zstdLevel) }
}
