/// base64url without padding (RFC 4648 §5, RFC 7515 §2).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(_ bytes: some Collection<UInt8>) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count * 4 + 2) / 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                out.append(alphabet[Int(bits >> UInt32(count)) & 63])
            }
        }
        if count > 0 { out.append(alphabet[Int(bits << UInt32(6 - count)) & 63]) }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil if it is no base64url, or has bits that stand for nothing.
    static func bytes(_ text: String) -> [UInt8]? {
        var out: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for letter in text.utf8 {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        guard count < 6, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
        return out
    }

    /// Is it made of the alphabet's letters alone, and not empty? What an authority calls a token or a nonce must be
    /// (RFC 8555 §6.5.1, §8.3).
    static func isText(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(alphabet.contains) }
}
