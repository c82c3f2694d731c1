/// The fleet's numbers of clients that have come lately, by what this process calls them: a client that is known by a field or a
/// cookie comes again and again, and its digest is as much work as a third of a small request.
///
/// Two words an entry, read and written without a lock: the first is bound to the second, so that halves of two entries are none.
final class KnownDigests: Sendable {
    private static let entries = 4096
    private let words = AtomicWords(count: 2 * KnownDigests.entries)

    /// - Parameters:
    ///   - local: of the client in this process, made with a secret key (SipHash): nobody outside can make two alike.
    ///   - seeds: that the number is made with.
    ///   - bytes: that tell the client from others.
    func number(of local: UInt64, seeds: ClientSeeds, _ bytes: () -> [UInt8]) -> UInt64 {
        let key = seeds.number(of: local, 0)
        let index = 2 * Int(key % UInt64(Self.entries))
        let known = words.load(index + 1)
        if words.load(index) ^ known == key { return known }
        let number = seeds.number(of: bytes())
        words.store(key ^ number, at: index)
        words.store(number, at: index + 1)
        return number
    }
}
