import FoundationEssentials
import TLS

/// A JWS in flattened JSON, as every request of ACME has it (RFC 8555 §6.2, RFC 7515 §7.2.2).
struct SignedRequest {
    /// Who signs it.
    enum Signer {
        /// Before there is an account.
        case key
        /// The account's URL.
        case account(String)
    }

    private struct ProtectedHeader: Encodable {
        var alg: String
        var jwk: AccountKey.Public?
        var kid: String?
        var nonce: String?
        var url: String
    }

    /// RFC 7515 §7.2.2.
    struct Flattened: Encodable {
        var protected: String
        var payload: String
        var signature: String
    }

    /// - Parameters:
    ///   - payload: JSON; empty to ask for a resource (RFC 8555 §6.3).
    ///   - nonce: of the authority, not used before.
    static func json(
        _ payload: [UInt8], to url: ServiceURL, nonce: String, by signer: Signer, key: AccountKey
    ) throws(ACMEError) -> [UInt8] {
        var header = ProtectedHeader(alg: "ES256", nonce: nonce, url: url.description)
        switch signer {
        case .key: header.jwk = key.jwk
        case .account(let url): header.kid = url
        }
        let protected = Base64URL.text(try JSON.encode(header))
        let content = Base64URL.text(payload)
        do {
            let signature = try key.key.es256(Array("\(protected).\(content)".utf8))
            return try JSON.encode(
                Flattened(protected: protected, payload: content, signature: Base64URL.text(signature)))
        } catch let error as TLSError {
            throw .storage("the account's key does not sign: \(error.reason)")
        } catch {
            throw error as? ACMEError ?? .malformed("\(error)")
        }
    }
}

extension SignedRequest {
    /// One within another (RFC 8555 §7.3.5): by a key that the authority does not know yet, and without a nonce of its own.
    static func inner(_ payload: [UInt8], to url: ServiceURL, key: AccountKey) throws(ACMEError) -> Flattened {
        let header = ProtectedHeader(alg: "ES256", jwk: key.jwk, url: url.description)
        let (protected, content) = (Base64URL.text(try JSON.encode(header)), Base64URL.text(payload))
        do throws(TLSError) {
            let signature = try key.key.es256(Array("\(protected).\(content)".utf8))
            return Flattened(protected: protected, payload: content, signature: Base64URL.text(signature))
        } catch {
            throw .storage("the account's next key does not sign: \(error.reason)")
        }
    }

    /// Says that an account's key is of an external account, signed by that one's key (RFC 8555 §7.3.4).
    static func binding(
        of key: AccountKey, to account: Authority.ExternalAccount, url: ServiceURL
    ) throws(ACMEError) -> Flattened {
        let header = ProtectedHeader(alg: "HS256", kid: account.identifier, url: url.description)
        let (protected, payload) = (Base64URL.text(try JSON.encode(header)), Base64URL.text(try JSON.encode(key.jwk)))
        guard let secret = Base64URL.bytes(account.key.filter { $0 != "=" }), !secret.isEmpty,
            let code = hmacSHA256(Array("\(protected).\(payload)".utf8), key: secret)
        else { throw .storage("acme.eab_hmac_key is no base64url") }
        return Flattened(protected: protected, payload: payload, signature: Base64URL.text(code))
    }
}

/// JSON as ACME and the state files use it.
enum JSON {
    static func encode(_ value: some Encodable) throws(ACMEError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do { return Array(try encoder.encode(value)) } catch { throw .malformed("cannot be written as JSON: \(error)") }
    }

    /// The value as JSON for people: a member on each line.
    static func pretty(_ value: some Encodable) throws(ACMEError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        do { return Array(try encoder.encode(value)) + [0x0A] } catch { throw .malformed("cannot be written as JSON: \(error)") }
    }

    /// - Returns: nil if it is no JSON of that form.
    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The version of a state file's form; nil if the file does not say.
    static func version(_ bytes: [UInt8]) -> Int? {
        struct Version: Decodable {
            var version: Int
        }
        return decode(Version.self, bytes)?.version
    }
}
