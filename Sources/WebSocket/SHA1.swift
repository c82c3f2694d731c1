/// SHA-1 (FIPS 180-4 §6.1), for the handshake's proof that a server speaks WebSocket. It protects no secret there
/// (RFC 6455 §10.8) and must not be used for anything that does.
enum SHA1 {
    /// The 20-byte digest.
    static func digest(of message: [UInt8]) -> [UInt8] {
        var padded = message
        padded.append(0x80)
        while padded.count % 64 != 56 { padded.append(0) }
        append(UInt64(message.count) * 8, count: 8, to: &padded)

        var hash: Hash = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        for block in stride(from: 0, to: padded.count, by: 64) {
            mix(padded.span.extracting(block..<block + 64), into: &hash)
        }
        var digest: [UInt8] = []
        for index in hash.indices { append(UInt64(hash[index]), count: 4, to: &digest) }
        return digest
    }

    private typealias Hash = InlineArray<5, UInt32>

    private static func mix(_ block: Span<UInt8>, into hash: inout Hash) {
        let schedule = schedule(of: block)
        var a = hash[0]
        var b = hash[1]
        var c = hash[2]
        var d = hash[3]
        var e = hash[4]
        for round in 0..<80 {
            let (choice, constant): (UInt32, UInt32) =
                switch round {
                case ..<20: (b & c | ~b & d, 0x5A82_7999)
                case ..<40: (b ^ c ^ d, 0x6ED9_EBA1)
                case ..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            let next = rotate(a, by: 5) &+ choice &+ e &+ constant &+ schedule[round]
            (e, d, c, b, a) = (d, c, rotate(b, by: 30), a, next)
        }
        hash[0] &+= a
        hash[1] &+= b
        hash[2] &+= c
        hash[3] &+= d
        hash[4] &+= e
    }

    private static func schedule(of block: Span<UInt8>) -> InlineArray<80, UInt32> {
        var words = InlineArray<80, UInt32>(repeating: 0)
        for index in 0..<64 {
            words[index / 4] = words[index / 4] << 8 | UInt32(block[index])
        }
        for index in 16..<80 {
            words[index] = rotate(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], by: 1)
        }
        return words
    }

    private static func rotate(_ word: UInt32, by count: UInt32) -> UInt32 {
        word << count | word >> (32 - count)
    }

    private static func append(_ value: UInt64, count: Int, to output: inout [UInt8]) {
        for index in 0..<count {
            output.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index))))
        }
    }
}
