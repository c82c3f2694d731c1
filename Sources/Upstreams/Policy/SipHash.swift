/// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of short messages that nobody without the key can forge.
///
/// Its 128-bit form signs the cookies of sticky sessions. With keys that are no secret it makes consistent hashing's keys.
package struct SipHash: Sendable {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    /// Bytes of the word that is not full yet, the first lowest.
    private var tail: UInt64 = 0
    private var count = 0
    private let isWide: Bool

    /// - Parameter wide: for `finish128`; the other form is another function altogether.
    package init(key: (UInt64, UInt64), wide: Bool = false) {
        v0 = key.0 ^ 0x736f_6d65_7073_6575
        v1 = key.1 ^ 0x646f_7261_6e64_6f6d ^ (wide ? 0xee : 0)
        v2 = key.0 ^ 0x6c79_6765_6e65_7261
        v3 = key.1 ^ 0x7465_6462_7974_6573
        isWide = wide
    }

    /// Adds a byte.
    package mutating func combine(_ byte: UInt8) {
        tail |= UInt64(byte) &<< UInt64(8 &* (count & 7))
        count &+= 1
        if count & 7 == 0 {
            compress(tail)
            tail = 0
        }
    }

    /// Adds bytes.
    package mutating func combine(_ bytes: Span<UInt8>) {
        for index in bytes.indices { combine(bytes[index]) }
    }

    /// Adds eight bytes, the lowest first.
    package mutating func combine(_ word: UInt64) {
        for shift in 0..<8 { combine(UInt8(truncatingIfNeeded: word &>> UInt64(8 &* shift))) }
    }

    /// The 64-bit hash.
    package consuming func finish() -> UInt64 {
        assert(!isWide)
        close(0xff)
        return v0 ^ v1 ^ v2 ^ v3
    }

    /// The 128-bit hash.
    package consuming func finish128() -> (UInt64, UInt64) {
        assert(isWide)
        close(0xee)
        let first = v0 ^ v1 ^ v2 ^ v3
        v1 ^= 0xdd
        for _ in 0..<4 { round() }
        return (first, v0 ^ v1 ^ v2 ^ v3)
    }

    private mutating func close(_ mark: UInt64) {
        compress(tail | UInt64(count & 0xff) &<< 56)
        v2 ^= mark
        for _ in 0..<4 { round() }
    }

    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    private mutating func round() {
        v0 = v0 &+ v1
        v1 = rotated(v1, 13) ^ v0
        v0 = rotated(v0, 32)
        v2 = v2 &+ v3
        v3 = rotated(v3, 16) ^ v2
        v0 = v0 &+ v3
        v3 = rotated(v3, 21) ^ v0
        v2 = v2 &+ v1
        v1 = rotated(v1, 17) ^ v2
        v2 = rotated(v2, 32)
    }

    private func rotated(_ word: UInt64, _ bits: UInt64) -> UInt64 { word &<< bits | word &>> (64 &- bits) }
}
