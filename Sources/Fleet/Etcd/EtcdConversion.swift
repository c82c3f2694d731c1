import FoundationEssentials

/// From our words to etcd's, and back.
extension EtcdEntry {
    init(_ message: EtcdMessage.KeyValue) {
        key = String(decoding: message.key, as: UTF8.self)
        value = message.value.map { Array($0) } ?? []
        revision = message.mod_revision?.value ?? 0
        created = message.create_revision?.value ?? 0
        lease = message.lease?.value ?? 0
    }
}

extension EtcdRange {
    /// The first key behind all that begin with a text.
    static func end(of prefix: String) -> Data {
        var bytes = Array(prefix.utf8)
        // No byte of UTF-8 is the last one there is.
        if let last = bytes.popLast() { bytes.append(last + 1) }
        return Data(bytes)
    }

    var message: EtcdMessage.Operation {
        var operation = EtcdMessage.Operation()
        switch self {
        case .key(let key, let since):
            operation.request_range = EtcdMessage.RangeRequest(
                key: Data(key.utf8), min_mod_revision: since > 0 ? Quoted(since) : nil)
        case .prefix(let prefix, let since, let most, let last):
            operation.request_range = EtcdMessage.RangeRequest(
                key: Data(last.isEmpty ? Array(prefix.utf8) : Array(last.utf8) + [0]), range_end: Self.end(of: prefix),
                limit: Quoted(Int64(most)), min_mod_revision: since > 0 ? Quoted(since) : nil)
        case .keys(let prefix, let most):
            operation.request_range = EtcdMessage.RangeRequest(
                key: Data(prefix.utf8), range_end: Self.end(of: prefix), limit: Quoted(Int64(most)), keys_only: true)
        case .count(let prefix):
            operation.request_range = EtcdMessage.RangeRequest(
                key: Data(prefix.utf8), range_end: Self.end(of: prefix), count_only: true)
        }
        return operation
    }
}

extension EtcdOutcome {
    /// Bytes of a key: no document of ours has one that is nearly as long.
    private static let maxKeyBytes = 1024

    /// What no etcd says that was asked so; nil if there is nothing. Whoever speaks in etcd's place must not decide how much is
    /// kept here, nor how often more is asked for; and behind the last number there is no next revision to ask for.
    func flaw(asked: [EtcdRange]) -> String? {
        func isRevision(_ number: Int64) -> Bool { number >= 0 && number < .max }
        if !isRevision(revision) { return "the revision \(revision)" }
        if let count = counts.first(where: { $0 < 0 }) { return "\(count) keys" }
        for (range, entries) in zip(asked, found) {
            if entries.count > range.most { return "\(entries.count) keys, and \(range.most) were asked for" }
            for entry in entries {
                if entry.key.utf8.count > Self.maxKeyBytes { return "a key of \(entry.key.utf8.count) bytes" }
                if !range.contains(entry.key) { return "the key \(entry.key), which was not asked for" }
                if !isRevision(entry.revision) { return "the revision \(entry.revision) of \(entry.key)" }
            }
        }
        return nil
    }
}

extension EtcdRange {
    /// Entries that it may have.
    fileprivate var most: Int {
        switch self {
        case .key: 1
        case .prefix(_, _, let most, _), .keys(_, let most): most
        case .count: 0
        }
    }

    /// By their bytes, as etcd compares keys.
    fileprivate func contains(_ key: String) -> Bool {
        switch self {
        case .key(let wanted, _): key.utf8.elementsEqual(wanted.utf8)
        case .prefix(let prefix, _, _, let last):
            key.utf8.starts(with: prefix.utf8) && (last.isEmpty || last.utf8.lexicographicallyPrecedes(key.utf8))
        case .keys(let prefix, _): key.utf8.starts(with: prefix.utf8)
        case .count: false
        }
    }
}

extension EtcdCondition {
    var message: EtcdMessage.Compare {
        switch self {
        case .isOf(let key, let revision):
            EtcdMessage.Compare(key: Data(key.utf8), target: "MOD", mod_revision: Quoted(revision))
        case .wasMade(let key, let revision):
            EtcdMessage.Compare(key: Data(key.utf8), target: "CREATE", create_revision: Quoted(revision))
        }
    }
}

extension EtcdChange {
    var message: EtcdMessage.Operation {
        var operation = EtcdMessage.Operation()
        switch self {
        case .put(let key, let value, let lease):
            operation.request_put = EtcdMessage.PutRequest(
                key: Data(key.utf8), value: Data(value), lease: lease == 0 ? nil : Quoted(lease))
        case .delete(let key): operation.request_delete_range = EtcdMessage.DeleteRequest(key: Data(key.utf8))
        }
        return operation
    }
}
