import ContentCodings
import HTTP

/// A worker's encoders of upstreams' answers: how many there are at a time, and those that may be used again, since to make one
/// costs hundreds of kilobytes of fresh memory.
final class EncoderPool {
    /// What makes two encoders the same.
    struct Kind: Hashable {
        let coding: ContentCoding
        let levels: EncodingLevels
    }

    private var spares: [(kind: Kind, encoder: any ContentEncoder)] = []
    private var inUse = 0
    /// A burst must not hold memory for ever.
    private static let kept = 16

    /// Takes one.
    /// - Returns: nil if `limit` are in use, or if the library has no memory for another.
    func take(_ kind: Kind, atMost limit: Int) -> (any ContentEncoder)? {
        guard inUse < limit else { return nil }
        if let index = spares.lastIndex(where: { $0.kind == kind }) {
            inUse += 1
            return spares.remove(at: index).encoder
        }
        guard let made = try? kind.coding.encoder(kind.levels) else { return nil }
        inUse += 1
        return made
    }

    /// Takes one back, whatever state it is in.
    func put(_ encoder: any ContentEncoder, _ kind: Kind) {
        inUse -= 1
        guard encoder.restart() else { return }
        if spares.count == Self.kept { spares.removeFirst() }
        spares.append((kind, encoder))
    }
}
