import HTTP

/// Which addresses may come.
struct AddressRules: Sendable {
    /// Addresses, and the configuration key that lists them.
    final class List: Sendable {
        let set: AddressSet
        let key: String

        init(_ set: AddressSet, key: String) {
            self.set = set
            self.key = key
        }

        /// - Parameter unknown: what is said of a client without an address.
        fileprivate func has(_ address: IPAddress?, unknown: Bool) -> Bool {
            guard let address else { return unknown }
            return set.contains(address)
        }
    }

    /// Addresses in a file, and the configuration key that names it.
    final class FileList: Sendable {
        let file: WatchedFile<AddressSet>
        let key: String

        init(_ file: WatchedFile<AddressSet>, key: String) {
            self.file = file
            self.key = key
        }
    }

    /// Why a client may not come.
    enum Refusal: Equatable {
        case refused(key: String)
        /// A file that would say cannot be read.
        case unknown(reason: String, key: String)
    }

    var deny: List?
    var denyFile: FileList?
    /// Where neither is given: everybody else.
    var allow: List?
    var allowFile: FileList?

    var isEmpty: Bool { deny == nil && allow == nil && !hasFiles }
    var hasFiles: Bool { denyFile != nil || allowFile != nil }

    /// Why the client may not come; nil if it may.
    /// - Parameters:
    ///   - address: nil if it has none: whoever is not known to be allowed is not.
    ///   - content: what a file holds.
    func refusal(
        of address: IPAddress?, content: (WatchedFile<AddressSet>) -> WatchedFile<AddressSet>.Reading
    ) -> Refusal? {
        if let deny, deny.has(address, unknown: true) { return .refused(key: deny.key) }
        if let denyFile {
            switch content(denyFile.file) {
            case .failure(let fault): return .unknown(reason: fault.reason, key: denyFile.key)
            case .success(let set): if address.map(set.contains) ?? true { return .refused(key: denyFile.key) }
            }
        }
        if let allow, allow.has(address, unknown: false) { return nil }
        guard let allowFile else { return allow.map { Refusal.refused(key: $0.key) } }
        switch content(allowFile.file) {
        case .failure(let fault): return .unknown(reason: fault.reason, key: allowFile.key)
        case .success(let set): return address.map(set.contains) == true ? nil : .refused(key: allowFile.key)
        }
    }
}
