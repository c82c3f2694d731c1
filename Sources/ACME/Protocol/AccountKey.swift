import TLS

/// An account's key: a P-256 key that signs requests (RFC 8555 §6.2) and whose thumbprint stands in key authorizations.
struct AccountKey: Sendable {
    /// A public key as JSON says it (RFC 7517, RFC 7518 §6.2).
    struct Public: Encodable, Sendable {
        var crv = "P-256"
        var kty = "EC"
        var x: String
        var y: String
    }

    let key: PrivateKey
    let jwk: Public

    /// RFC 7638 §3: the required members in the order of their names, without blanks.
    var thumbprint: String {
        let text = #"{"crv":"\#(jwk.crv)","kty":"\#(jwk.kty)","x":"\#(jwk.x)","y":"\#(jwk.y)"}"#
        return Base64URL.text(sha256(Array(text.utf8)))
    }

    /// RFC 8555 §8.1: what a challenge is answered with.
    func authorization(_ token: String) -> String { "\(token).\(thumbprint)" }
}

extension AccountKey {
    /// - Throws: `.storage` if it is no P-256 key.
    init(_ key: PrivateKey) throws(ACMEError) {
        guard let point = key.point else { throw .storage("the account's key is no P-256 key") }
        self.init(key: key, jwk: Public(x: Base64URL.text(point.x), y: Base64URL.text(point.y)))
    }
}
