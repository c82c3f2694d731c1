/// The hash FNV-1a of bytes that come one after another. Whoever chooses the bytes can make them collide: it only leads to what
/// is then compared. Its low bits are its weakest, but every byte reaches them.
package struct FNV1a: Sendable, Equatable {
    /// The hash of what was combined so far.
    package private(set) var value: UInt64

    /// - Parameter seed: is part of the hash; 0 makes it the plain one.
    package init(seed: UInt64 = 0) { value = seed ^ 0xCBF2_9CE4_8422_2325 }

    /// Goes on with the next byte.
    package mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    /// Goes on with all of `bytes`.
    package mutating func combine(_ bytes: [UInt8]) { combine(bytes.span) }

    /// Combines every byte of the span.
    package mutating func combine(_ bytes: Span<UInt8>) {
        for index in bytes.indices { combine(bytes[index]) }
    }
}
