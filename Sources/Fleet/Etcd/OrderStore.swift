/// Orders about servers, and purges of caches, as etcd keeps them: each is added in one transaction, which nothing comes of if
/// anybody has changed the same since it was read.
struct OrderStore {
    let settings: FleetMemberSettings
    let client: EtcdClient

    /// - Returns: false: somebody else was faster.
    nonisolated(nonsending) func add(_ order: FleetOrder) async throws(EtcdError) -> Bool {
        let entry = try await client.read([.key(settings.orders)]).found[0].first
        let present: FleetOrders = try entry.map { entry throws(EtcdError) in try open(entry) } ?? FleetOrders()
        guard let next = present.adding(order) else {
            throw .malformed("there are \(FleetOrders.maxOrders) orders, and no more can be kept: reset some")
        }
        return try await client.put(
            try seal(next, at: settings.orders), at: settings.orders,
            if: [.isOf(settings.orders, revision: entry?.revision ?? 0)])
    }

    /// - Returns: false: somebody else was faster.
    nonisolated(nonsending) func add(_ purge: FleetPurge) async throws(EtcdError) -> Bool {
        let entry = try await client.read([.key(settings.purgeCount)]).found[0].first
        let present: FleetPurges = try entry.map { entry throws(EtcdError) in try open(entry) } ?? FleetPurges(last: 0)
        let next = FleetPurges(last: present.last + 1)
        let key = settings.purge(next.last)
        let lease = try await client.grant(seconds: FleetPurges.lifetime)
        let isDone = try await client.put(
            try seal(next, at: settings.purgeCount), at: settings.purgeCount,
            if: [.isOf(settings.purgeCount, revision: entry?.revision ?? 0)],
            with: [
                .put(key, try seal(purge, at: key), lease: lease),
                .delete(settings.purge(next.last - FleetPurges.maxKept)),
            ])
        if !isDone { try await client.revoke(lease) }
        return isDone
    }

    private func open<Content: Decodable>(_ entry: EtcdEntry) throws(EtcdError) -> Content {
        guard let bytes = try? SealedDocument.open(entry.value, at: entry.key, with: settings.secret),
            let content = EtcdMessage.decode(Content.self, bytes)
        else { throw .malformed("\(entry.key) cannot be read") }
        return content
    }

    private func seal(_ content: some Encodable, at key: String) throws(EtcdError) -> [UInt8] {
        guard let bytes = EtcdMessage.encode(content),
            let sealed = SealedDocument.seal(bytes, at: key, with: settings.secret)
        else { throw .malformed("\(key) cannot be encrypted") }
        return sealed
    }
}
