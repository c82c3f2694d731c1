import CCrypto

/// What libcrypto and libcrypt decide about secrets.
package enum Secrets {
    /// Is this the password that was hashed? Slow by design, so it is nothing for a loop.
    /// - Parameters:
    ///   - password: without a zero byte; with one it is no password.
    ///   - hash: as `PasswordList` has it.
    package static func isPassword(_ password: [UInt8], of hash: String) -> Bool {
        guard !password.contains(0), password.count <= PasswordList.maxPassword else { return false }
        let text = password.map { CChar(bitPattern: $0) } + [0]
        // Sound: both are ended by a zero byte and are read during the call alone.
        return unsafe ccrypto_password_is(text, hash) == 1
    }

    /// The number of some bytes under a key that nobody outside knows: HMAC-SHA-256, of which 128 bits are enough to tell two
    /// apart.
    /// - Returns: nil if libcrypto has none here.
    package static func digest(_ bytes: [UInt8], key: [UInt8]) -> UInt128? {
        var code = [UInt8](repeating: 0, count: Int(CCRYPTO_SHA256_LENGTH))
        // Sound: the arrays lend their bytes for the call, and `code` has room for all that is written.
        guard unsafe ccrypto_hmac_sha256(key, key.count, bytes, bytes.count, &code) else { return nil }
        return code.prefix(16).reduce(0) { $0 << 8 | UInt128($1) }
    }
}
