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
        case .count(let prefix):
            operation.request_range = EtcdMessage.RangeRequest(
                key: Data(prefix.utf8), range_end: Self.end(of: prefix), count_only: true)
        }
        return operation
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
