/// The public keys of a JWKS (RFC 7517 §5).
package struct WebKeys: Sendable {
    /// Why a text is no such set.
    package struct Fault: Error, Sendable, Equatable {
        package let reason: String
    }

    /// Bytes of a file.
    package static let maxBytes = 1 << 18
    /// Keys of a set: issuers have a handful, and each is some kilobytes of memory, as long as the set is in use.
    private static let maxKeys = 128
    private static let minRSABits = 2048
    /// Keys that one token is held against: each costs a check of its signature, and a forged token nothing.
    static let maxTriedKeys = 16

    private struct Entry: Sendable {
        let name: String?
        let key: PublicKey
    }

    private var entries: [Entry] = []
    /// Which entries of the issuer's set are passed over, and why.
    package private(set) var faults: [String] = []

    /// Keys for other uses, and of kinds that no token here is signed with, are passed over.
    /// - Parameter isIssuers: it is an issuer's, of which entries that are no keys, or none that protect, are passed over, too
    ///   (RFC 7517 §5): what it adds for others is no reason to let nobody in. In an operator's file they are mistakes.
    package init(_ bytes: [UInt8], isIssuers: Bool = false) throws(Fault) {
        guard bytes.count <= Self.maxBytes else { throw Fault(reason: "is larger than \(Self.maxBytes >> 10) KiB") }
        // RFC 8259 §8.1: a byte-order mark, which some editors put before all, may be passed over.
        let isMarked = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        guard let text = JSONText(isMarked ? Array(bytes.dropFirst(3)) : bytes) else { throw Fault(reason: "is no JSON text") }
        guard let keys = text["keys"]?.array else { throw Fault(reason: "has no list \"keys\"") }
        guard keys.count <= Self.maxKeys else { throw Fault(reason: "has \(keys.count) keys, more than \(Self.maxKeys)") }
        for (index, key) in keys.enumerated() {
            do throws(Fault) {
                if let entry = try Self.entry(key) { entries.append(entry) }
            } catch {
                let fault = "keys[\(index)] \(error.reason)"
                guard isIssuers else { throw Fault(reason: fault) }
                faults.append(fault)
            }
        }
        if entries.isEmpty { throw Fault(reason: faults.first ?? "has no key for RS256, ES256 or EdDSA") }
    }

    /// How many keys there are that tokens may be signed with.
    package var count: Int { entries.count }

    /// The keys that may have signed a token, the first ``maxTriedKeys`` of them.
    /// - Parameter name: the token's `kid`; nil: any of the algorithm.
    func keys(_ algorithm: PublicKey.Algorithm, named name: String?) -> [PublicKey] {
        let meant = entries.lazy.filter { $0.key.algorithm == algorithm && (name == nil || $0.name == name) }
        return Array(meant.prefix(Self.maxTriedKeys).map(\.key))
    }

    private static func entry(_ key: JSONText) throws(Fault) -> Entry? {
        guard let kind = key["kty"]?.string else { throw Fault(reason: "has no kty") }
        // RFC 7517 §4.2, §4.3: what a key is for.
        if let use = key["use"]?.string, use != "sig" { return nil }
        if let operations = key["key_ops"]?.array, !operations.contains(where: { $0.string == "verify" }) { return nil }
        // RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2.
        if key["d"] != nil { throw Fault(reason: "is a private key: only its public members belong here") }
        let made: PublicKey?
        switch (kind, key["crv"]?.string) {
        case ("RSA", _): made = PublicKey(.rs256, try number("n", of: key), try number("e", of: key))
        case ("EC", "P-256"): made = PublicKey(.es256, try number("x", of: key), try number("y", of: key))
        case ("OKP", "Ed25519"): made = PublicKey(.eddsa, try number("x", of: key), [])
        default: return nil
        }
        guard let made else { throw Fault(reason: "is no key") }
        if let name = key["alg"]?.string, PublicKey.Algorithm(named: name) != made.algorithm { return nil }
        guard made.algorithm != .rs256 || made.bits >= minRSABits else {
            throw Fault(reason: "is too weak: RSA of \(made.bits) bits, not \(minRSABits)")
        }
        return Entry(name: key["kid"]?.string, key: made)
    }

    private static func number(_ name: String, of key: JSONText) throws(Fault) -> [UInt8] {
        guard let text = key[name]?.string, let bytes = Base64Text.decode(Array(text.utf8).span, .url), !bytes.isEmpty else {
            throw Fault(reason: "has no \(name), or one that is not in base64url")
        }
        return bytes
    }
}
