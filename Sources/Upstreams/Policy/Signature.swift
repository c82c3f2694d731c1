import CCrypto

/// HMAC-SHA-256 (RFC 2104), cut to its first 128 bits as RFC 2104 §5 allows: what nobody without the key can make.
enum Signature {
    /// The length of a signature in bytes.
    static let length = 16

    /// The signature of a message; nil if libcrypto has no HMAC-SHA-256 here (a configuration of OpenSSL may forbid it).
    static func of(_ message: [UInt8], key: [UInt8]) -> [UInt8]? {
        var code = [UInt8](repeating: 0, count: Int(CCRYPTO_SHA256_LENGTH))
        // Sound: the arrays lend their bytes for the call, and `code` has room for all that is written.
        guard unsafe ccrypto_hmac_sha256(key, key.count, message, message.count, &code) else { return nil }
        code.removeLast(code.count - length)
        return code
    }
}
