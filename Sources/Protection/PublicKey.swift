import CCrypto

/// A key that signatures of tokens are held against. `@safe`: the pointer is made in `init`, freed in `deinit`, and never leaves;
/// libcrypto lets several threads use a key at once that none changes (openssl-threads(7)).
@safe final class PublicKey: Sendable {
    /// RFC 7518 §3.1, RFC 8037 §3.1; EdDSA by Ed25519.
    enum Algorithm: String, Sendable {
        case rs256 = "RS256"
        case es256 = "ES256"
        case eddsa = "EdDSA"

        /// - Parameter name: as tokens and keys have it in `alg`; RFC 9864 §2.2 has a name for EdDSA by this curve alone.
        init?(named name: String) {
            guard let found = name == "Ed25519" ? .eddsa : Self(rawValue: name) else { return nil }
            self = found
        }
    }

    let algorithm: Algorithm
    private nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

    /// - Parameters:
    ///   - first: the highest byte first: an RSA modulus, a P-256 point's x, an Ed25519 key.
    ///   - second: an RSA exponent, the point's y; empty of Ed25519.
    /// - Returns: nil if they are no key.
    init?(_ algorithm: Algorithm, _ first: [UInt8], _ second: [UInt8]) {
        // Sound: the arrays lend their bytes for the call.
        guard let made = unsafe ccrypto_public_key(algorithm.kind, first, first.count, second, second.count) else { return nil }
        self.algorithm = algorithm
        unsafe pointer = made
    }

    deinit { unsafe ccrypto_public_key_free(pointer) }

    /// Its size.
    var bits: Int { Int(unsafe ccrypto_public_key_bits(pointer)) }

    /// Is the signature this key's of these bytes?
    func verifies(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        // Sound: the arrays lend their bytes for the call.
        unsafe ccrypto_verify(algorithm.kind, pointer, bytes, bytes.count, signature, signature.count)
    }
}

extension PublicKey.Algorithm {
    fileprivate var kind: ccrypto_signature {
        switch self {
        case .rs256: CCRYPTO_RS256
        case .es256: CCRYPTO_ES256
        case .eddsa: CCRYPTO_EDDSA
        }
    }
}
