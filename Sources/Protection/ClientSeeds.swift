/// What turns who a client is into a number that nobody can guess who has not got the seeds. Who has the same ones gets the same
/// numbers.
package struct ClientSeeds: Sendable, Equatable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    /// A factor, so it is odd.
    private let factor: UInt64

    /// Of this process alone. The system's generator is getrandom(2).
    package init() {
        func random() -> UInt64 { UInt64.random(in: 0...UInt64.max) }
        (first, second, third, factor) = (random(), random(), random(), random() | 1)
    }

    /// Of all who know a secret.
    /// - Parameter digest: 64 hexadecimal digits, made of the secret.
    /// - Returns: nil for other texts.
    package init?(digest: String) {
        let digits = Array(digest.utf8)
        guard digits.count == 64 else { return nil }
        let words = stride(from: 0, to: 64, by: 16).compactMap {
            UInt64(String(decoding: digits[$0..<$0 + 16], as: UTF8.self), radix: 16)
        }
        guard words.count == 4 else { return nil }
        (first, second, third, factor) = (words[0], words[1], words[2], words[3] | 1)
    }

    /// Two words as one. Every request is worth a few instructions of it and not a cryptographic hash's hundreds: who could aim
    /// at a region of a table could at most have those forgotten who have used least.
    package func number(of word: UInt64, _ other: UInt64) -> UInt64 {
        Self.folded(Self.folded(word ^ first, other ^ second) ^ third, factor)
    }

    /// Bytes as a number: SipHash-2-4 (Aumasson and Bernstein, 2012), since clients may choose them.
    package func number(of bytes: Span<UInt8>) -> UInt64 {
        var hash = SipHash(first, second)
        var word: UInt64 = 0
        for index in bytes.indices {
            word |= UInt64(bytes[index]) << UInt64(index % 8 * 8)
            if index % 8 == 7 {
                hash.take(word)
                word = 0
            }
        }
        hash.take(word | UInt64(bytes.count & 0xFF) << 56)
        return hash.finish()
    }

    private static func folded(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = first.multipliedFullWidth(by: second)
        return product.high ^ product.low
    }
}

/// The state of SipHash-2-4, word by word.
struct SipHash {
    private var v0, v1, v2, v3: UInt64

    init(_ key0: UInt64, _ key1: UInt64) {
        v0 = key0 ^ 0x736f_6d65_7073_6575
        v1 = key1 ^ 0x646f_7261_6e64_6f6d
        v2 = key0 ^ 0x6c79_6765_6e65_7261
        v3 = key1 ^ 0x7465_6462_7974_6573
    }

    mutating func take(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    mutating func finish() -> UInt64 {
        v2 ^= 0xFF
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 &+= v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 &+= v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 &+= v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 &+= v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}
