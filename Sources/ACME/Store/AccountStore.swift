import TLS

/// The account with an authority: `acme/accounts/<authority>/account.key` and `account.json`.
struct AccountStore {
    struct Account {
        var key: AccountKey
        /// Nil until the authority knows it.
        var url: String?
    }

    private struct Record: Codable {
        static let currentVersion = 1

        var version = Record.currentVersion
        var directory: String
        var email: String
        var url: String
    }

    private let authority: Authority
    private let store: any StateStore
    private let folder: String

    private let tellAside: (_ file: String, _ reason: String) -> Void

    /// - Parameter setAside: told of each file that could not be read: its name from now on, and why.
    init(
        _ authority: Authority, _ store: any StateStore,
        setAside: @escaping (_ file: String, _ reason: String) -> Void = { _, _ in }
    ) {
        self.authority = authority
        self.store = store
        tellAside = setAside
        folder = "acme/accounts/\(authority.folder)"
    }

    /// A new key is on the disk before it is used. A key that cannot be read is set aside, and another account made.
    func load() throws(ACMEError) -> Account {
        let file = "\(folder)/account.key"
        do throws(ACMEError) {
            if let pem = try store.read(file) {
                return Account(key: try Self.key(pem, store.location(of: file)), url: try record()?.url)
            }
        } catch {
            guard case .damaged(let reason) = error else { throw error }
            tellAside(try store.setAside(file), reason)
        }
        let key = try Self.make()
        try store.write(Array(key.pem.utf8), to: file)
        try forgetURL()
        return Account(key: try AccountKey(key))
    }

    private static func key(_ pem: [UInt8], _ path: String) throws(ACMEError) -> AccountKey {
        let key: PrivateKey
        do throws(TLSError) { key = try PrivateKey(pem: String(decoding: pem, as: UTF8.self)) } catch {
            throw .damaged("\(path) is no key: \(error.reason)")
        }
        return try AccountKey(key)
    }

    /// What is known of the account; one that cannot be read is set aside: the key finds the account again (RFC 8555 §7.3.1).
    private func record() throws(ACMEError) -> Record? {
        let file = "\(folder)/account.json"
        do throws(ACMEError) {
            guard let bytes = try store.read(file) else { return nil }
            if let version = JSON.version(bytes), version > Record.currentVersion {
                throw .damaged("it is of a newer version of this program (\(version))")
            }
            guard let record = JSON.decode(Record.self, bytes), ServiceURL(record.url) != nil else {
                throw .damaged("it is no state of an account")
            }
            return record
        } catch {
            guard case .damaged(let reason) = error else { throw error }
            tellAside(try store.setAside(file), reason)
            return nil
        }
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
