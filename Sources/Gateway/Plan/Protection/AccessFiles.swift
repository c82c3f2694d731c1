import HTTP
import Protection

/// The files and URLs that say who comes in, each once, however many sites and routes name it.
struct AccessFiles {
    private var passwords: [String: WatchedFile<PasswordList>] = [:]
    private var addresses: [String: WatchedFile<AddressSet>] = [:]
    private var keys: [String: WatchedFile<WebKeys>] = [:]
    /// Keys that are fetched, with the seconds after which they are wanted anew.
    private(set) var fetchedKeys: [(keys: FetchedKeys, refresh: UInt64)] = []

    /// All that are looked at again.
    var watched: [any PolledFile] { Array(passwords.values) + Array(keys.values) + Array(addresses.values) }

    /// How many there are of each kind.
    var counts: [Int] { [passwords.count, keys.count, fetchedKeys.count, addresses.count] }

    /// A list of names and passwords; read when it is first asked for.
    mutating func passwords(_ path: String) -> WatchedFile<PasswordList> {
        if let known = passwords[path] { return known }
        let file = WatchedFile<PasswordList>(path, limit: PasswordList.maxBytes) { bytes in
            do throws(PasswordList.Fault) { return .success(try PasswordList(bytes)) } catch {
                let location = error.line > 0 ? "line \(error.line): " : ""
                return .failure(ContentFault(reason: "\(location)\(error.reason)"))
            }
        }
        passwords[path] = file
        return file
    }

    /// A list of addresses; read when it is first asked for.
    mutating func addresses(_ path: String) -> WatchedFile<AddressSet> {
        if let known = addresses[path] { return known }
        let file = WatchedFile<AddressSet>(path, limit: AddressListText.maxBytes) { bytes in
            do throws(AddressListText.Fault) { return .success(try AddressListText.set(of: bytes)) } catch {
                let location = error.line > 0 ? "line \(error.line): " : ""
                return .failure(ContentFault(reason: "\(location)\(error.reason)"))
            }
        }
        addresses[path] = file
        return file
    }

    /// Keys of tokens; read when they are first asked for.
    mutating func keys(_ path: String) -> WatchedFile<WebKeys> {
        if let known = keys[path] { return known }
        let file = WatchedFile<WebKeys>(path, limit: WebKeys.maxBytes) { bytes in
            do throws(WebKeys.Fault) { return .success(try WebKeys(bytes)) } catch {
                return .failure(ContentFault(reason: error.reason))
            }
        }
        keys[path] = file
        return file
    }

    /// Has these keys fetched. Of all that have the same, who wants them newest decides.
    mutating func fetch(_ fetched: FetchedKeys, every seconds: UInt64) {
        if let known = fetchedKeys.firstIndex(where: { $0.keys === fetched }) {
            fetchedKeys[known].refresh = min(fetchedKeys[known].refresh, seconds)
        } else {
            fetchedKeys.append((fetched, seconds))
        }
    }
}
