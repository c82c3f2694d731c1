import HTTP
import TLS

/// What an account's owner asks for besides certificates.
extension ACMEClient {
    /// Revokes a certificate (RFC 8555 §7.6).
    /// - Parameters:
    ///   - certificate: in DER.
    ///   - reason: RFC 5280 §5.3.1.
    nonisolated(nonsending) func revoke(_ certificate: [UInt8], reason: Int) async throws(ACMEError) {
        struct Payload: Encodable {
            var certificate: String
            var reason: Int
        }
        guard let url = try await openDirectory().revokeCert else { throw .malformed("the directory has no revokeCert") }
        let payload = try JSON.encode(Payload(certificate: Base64URL.text(certificate), reason: reason))
        _ = try await post(Self.parse(url, "revokeCert"), payload)
    }

    /// Gives the account another key (RFC 8555 §7.3.5). The new one is on the disk before the authority knows it;
    /// if the process ends in between, the next call finds out which of the two counts.
    nonisolated(nonsending) func changeKey() async throws(ACMEError) {
        struct Payload: Encodable {
            var account: String
            var oldKey: AccountKey.Public
        }
        let next = try accounts.nextKey()
        let account = try await openAccount()
        guard let url = account.url else { throw .malformed("an account without a URL") }
        if next.isOld, try await find(next.key) == url { return try adopt(next.key) }
        guard let change = try await openDirectory().keyChange else { throw .malformed("the directory has no keyChange") }
        let target = try Self.parse(change, "keyChange")
        let inner = try SignedRequest.inner(
            JSON.encode(Payload(account: url, oldKey: account.key.jwk)), to: target, key: next.key)
        _ = try await post(target, JSON.encode(inner))
        try adopt(next.key)
    }

    /// The URL of the account that has this key (RFC 8555 §7.3.1); nil if there is none.
    private nonisolated(nonsending) func find(_ key: AccountKey) async throws(ACMEError) -> String? {
        let url = try Self.parse(try await openDirectory().newAccount, "newAccount")
        do throws(ACMEError) {
            return try await post(url, JSON.encode(["onlyReturnExisting": true]), by: .key, key: key).location
        } catch {
            guard error.problemKind == "accountDoesNotExist" else { throw error }
            return nil
        }
    }

    private func adopt(_ key: AccountKey) throws(ACMEError) {
        try accounts.adopt(key)
        forgetAccount()
    }
}
