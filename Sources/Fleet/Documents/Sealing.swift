import CCrypto

/// AES-256-GCM of libcrypto, for documents that others keep for us.
enum Sealing {
    static let keyLength = Int(CCRYPTO_SEAL_KEY_LENGTH)
    /// What a sealed text has more than the open one: its nonce before it and its tag behind it.
    static let overhead = Int(CCRYPTO_NONCE_LENGTH) + Int(CCRYPTO_TAG_LENGTH)

    /// - Parameters:
    ///   - key: of `keyLength` bytes.
    ///   - stated: is bound to the bytes, and not part of what is returned.
    /// - Returns: nonce, hidden bytes and tag; nil if libcrypto has no randomness or no memory.
    static func seal(_ bytes: [UInt8], key: [UInt8], stated: [UInt8]) -> [UInt8]? {
        precondition(key.count == keyLength)
        var nonce = [UInt8](repeating: 0, count: Int(CCRYPTO_NONCE_LENGTH))
        var sealed = [UInt8](repeating: 0, count: bytes.count + Int(CCRYPTO_TAG_LENGTH))
        // Sound: the arrays lend their bytes for the call, and the two that are written have the room that it wants.
        let isDone = unsafe ccrypto_seal(key, stated, stated.count, bytes, bytes.count, &nonce, &sealed)
        return isDone ? nonce + sealed : nil
    }

    /// - Returns: nil if this key has not sealed that, or what was stated is another.
    static func open(_ sealed: ArraySlice<UInt8>, key: [UInt8], stated: [UInt8]) -> [UInt8]? {
        precondition(key.count == keyLength)
        guard sealed.count >= overhead else { return nil }
        let nonce = Array(sealed.prefix(Int(CCRYPTO_NONCE_LENGTH)))
        let hidden = Array(sealed.dropFirst(nonce.count))
        var bytes = [UInt8](repeating: 0, count: hidden.count)
        // Sound: the arrays lend their bytes for the call, and there is room for more than what is written.
        guard unsafe ccrypto_unseal(key, stated, stated.count, nonce, hidden, hidden.count, &bytes) else { return nil }
        return Array(bytes.dropLast(Int(CCRYPTO_TAG_LENGTH)))
    }

    /// Bytes by chance, for keys; nil if there are none to be had.
    static func random(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        // Sound: the array has the room that is written.
        return unsafe ccrypto_random(&bytes, count) ? bytes : nil
    }
}
