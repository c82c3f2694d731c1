/// XORs payload with its key: the same operation puts a mask on and takes it off (RFC 6455 §5.3).
enum Masking {
    /// Appends `payload`, masked or unmasked; `keyOffset` is the offset of its first byte in the frame's payload.
    static func append(_ payload: Span<UInt8>, maskKey: MaskKey?, keyOffset: UInt64, to output: inout [UInt8]) {
        // To append nothing may write into the empty array that all threads share.
        if payload.isEmpty { return }
        // The key turned so that its first byte meets the payload's first byte; all zeroes change nothing.
        let turned = InlineArray<4, UInt8> { maskKey?[keyOffset &+ UInt64($0)] ?? 0 }
        output.append(addingCapacity: payload.count) { room in
            for index in payload.indices {
                room.append(payload[index] ^ turned[index & 3])
            }
        }
    }
}
