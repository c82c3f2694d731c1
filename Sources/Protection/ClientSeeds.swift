/// What turns who a client is into a number that nobody can guess who has not got the seeds. Who has the same ones gets the same
/// numbers.
package struct ClientSeeds: Sendable, Equatable {
    private let first: UInt64
    private let second: UInt64
    private let third: UInt64
    /// A factor, so it is odd.
    private let factor: UInt64

    /// Makes seeds of this process alone. The system's generator is getrandom(2).
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

    /// Bytes as a number, of which clients may choose the bytes. Where libcrypto has no HMAC-SHA-256 all clients are one.
    package func number(of bytes: [UInt8]) -> UInt64 {
        let key = [first, second, third, factor].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
        return Secrets.digest(bytes, key: key).map { UInt64($0 >> 64) } ?? 0
    }

    private static func folded(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = first.multipliedFullWidth(by: second)
        return product.high ^ product.low
    }
}
