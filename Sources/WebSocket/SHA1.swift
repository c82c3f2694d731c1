import CCrypto

/// SHA-1 for the handshake's proof that a server speaks WebSocket. It protects no secret there (RFC 6455 §10.8) and must not be
/// used for anything that does.
enum SHA1 {
    /// The 20-byte digest; nil if libcrypto has no SHA-1 here (a configuration of OpenSSL may forbid it).
    static func digest(of message: [UInt8]) -> [UInt8]? {
        var digest = [UInt8](repeating: 0, count: Int(CCRYPTO_SHA1_LENGTH))
        // Sound: both arrays lend their bytes for the call, and `digest` has room for all that is written.
        return unsafe ccrypto_sha1(message, message.count, &digest) ? digest : nil
    }
}
