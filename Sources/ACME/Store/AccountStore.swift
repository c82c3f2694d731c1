import TLS

/// The account with an authority: `acme/accounts/<authority>/account.key` and `account.json`.
struct AccountStore {
    struct Account {
        var key: AccountKey
        /// Nil until the authority knows it.
        var url: String?
    }

    private struct Record: Codable {
        var version = 1
        var directory: String
        var email: String
        var url: String
    }

    private let authority: Authority
    private let store: any StateStore
    private let folder: String

    init(_ authority: Authority, _ store: any StateStore) {
        self.authority = authority
        self.store = store
        folder = "acme/accounts/\(authority.folder)"
    }

    /// A new key is on the disk before it is used.
    func load() throws(ACMEError) -> Account {
        let file = "\(folder)/account.key"
        guard let pem = try store.read(file) else {
            let key = try Self.make()
            try store.write(Array(key.pem.utf8), to: file)
            try forgetURL()
            return Account(key: try AccountKey(key))
        }
        let key: PrivateKey
        do throws(TLSError) { key = try PrivateKey(pem: String(decoding: pem, as: UTF8.self)) } catch {
            throw .storage("\(store.location(of: file)) is no key: \(error.reason)")
        }
        let record = try store.read("\(folder)/account.json").flatMap { JSON.decode(Record.self, $0) }
        return Account(key: try AccountKey(key), url: record?.url)
    }

    /// What the authority calls the account; nil if it does not know it yet, as far as is known.
    func url() throws(ACMEError) -> String? {
        try store.read("\(folder)/account.json").flatMap { JSON.decode(Record.self, $0) }?.url
    }

    func save(_ url: String) throws(ACMEError) {
        let record = Record(directory: authority.directory, email: authority.email, url: url)
        try store.write(JSON.pretty(record), to: "\(folder)/account.json")
    }

    /// The key is asked for again.
    func forgetURL() throws(ACMEError) { try store.remove("\(folder)/account.json") }

    /// The key that is to take the present one's place: it is on the disk before the authority hears of it.
    /// - Returns: whether it was there before, of a change that did not come to its end.
    func nextKey() throws(ACMEError) -> (key: AccountKey, isOld: Bool) {
        let file = "\(folder)/next.key"
        if let pem = try store.read(file), let key = try? PrivateKey(pem: String(decoding: pem, as: UTF8.self)) {
            return (try AccountKey(key), true)
        }
        let key = try Self.make()
        try store.write(Array(key.pem.utf8), to: file)
        return (try AccountKey(key), false)
    }

    /// The authority knows the next key: it is the account's from now on.
    func adopt(_ key: AccountKey) throws(ACMEError) {
        try store.write(Array(key.key.pem.utf8), to: "\(folder)/account.key")
        try store.remove("\(folder)/next.key")
    }

    private static func make() throws(ACMEError) -> PrivateKey {
        do throws(TLSError) { return try PrivateKey(.p256) } catch { throw .storage("no key can be made: \(error.reason)") }
    }
}
