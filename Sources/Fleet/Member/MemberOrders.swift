import ACME
import EventLoop
import Logging

/// Orders about servers, and purges of caches: whichever member they are given to, all carry them out.
extension FleetMember {
    /// Why not all members could be reached.
    package struct NotPublished: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// Begins with the orders that are known, so that a member which starts without etcd has them, too.
    func useKeptOrders() async {
        let directory = StateDirectory(settings.stateDirectory)
        purged = (try? directory.read(settings.purgesFile)).flatMap { $0.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
        guard let kept = try? directory.read(settings.ordersFile) else { return }
        await follow(orders: EtcdEntry(key: settings.orders, value: kept, revision: 0, created: 0), isKept: true)
    }

    /// - Parameter entry: the document; nil: nothing was ordered yet, or etcd has forgotten it, and what is known goes on.
    func follow(orders entry: EtcdEntry?, isKept: Bool = false) async {
        guard let entry, isKept || entry.revision != seenOrders else { return }
        guard let found = opened(entry, as: { EtcdMessage.decode(FleetOrders.self, $0) }) else { return }
        seenOrders = entry.revision
        guard found != orders else { return }
        let changes = orders.changes(to: found)
        orders = found
        await deployment.carryOut(changes)
        var facts: Logger.Metadata = ["fleet": "\(settings.name)", "orders": "\(found.orders.count)"]
        if !isKept {
            do throws(ACMEError) {
                try StateDirectory(settings.stateDirectory).write(entry.value, to: settings.ordersFile)
            } catch {
                facts["kept"] = "no: \(error)"
            }
        }
        log.notice("the fleet's orders about servers are carried out", metadata: facts)
    }

    /// Another configuration is in use: its servers are to follow the orders, too.
    package func orderAgain() async { await deployment.carryOut(orders.orders) }

    /// - Parameter entry: how many there were; nil: none.
    func follow(purges entry: EtcdEntry?) async throws(EtcdError) {
        let found = entry.flatMap { opened($0, as: { EtcdMessage.decode(FleetPurges.self, $0) }) }
        guard entry == nil || found != nil else { return }
        let last = found?.last ?? 0
        // What was purged before it was a member is not its affair.
        guard let known = purged, known <= last else { return note(purged: last) }
        guard known < last else { return }
        let entries = try await client.read([
            .prefix(settings.purges, most: FleetPurges.maxKept, after: settings.purge(known))
        ]).found[0]
        let there = entries.filter { $0.key <= settings.purge(last) }
        let wanted = there.compactMap { entry in opened(entry, as: { EtcdMessage.decode(FleetPurge.self, $0) }) }
        if wanted.count == last - known {
            for purge in wanted { await deployment.purge(purge) }
        } else {
            log.warning(
                "purges of the cache were missed: all that is stored is forgotten",
                metadata: ["fleet": "\(settings.name)", "missed": "\(last - known - wanted.count)"])
            await deployment.purge(.everything)
        }
        note(purged: last)
    }

    private func note(purged last: Int) {
        guard purged != last else { return }
        purged = last
        // A member that cannot keep it forgets more than it has to at the next start.
        try? StateDirectory(settings.stateDirectory).write(Array("\(last)".utf8), to: settings.purgesFile)
    }

    // MARK: Publishing

    /// Makes all members carry out an order, those too that start later, until another one takes its place.
    package func publish(_ order: FleetOrder) async throws(NotPublished) {
        try await publishing { client, settings throws(EtcdError) in
            let entry = try await client.read([.key(settings.orders)]).found[0].first
            let present: FleetOrders = try entry.map { entry throws(EtcdError) in try self.content(of: entry) } ?? FleetOrders()
            guard let next = present.adding(order) else {
                throw .malformed("there are \(FleetOrders.maxOrders) orders, and no more can be kept: reset some")
            }
            return try await client.put(
                try self.sealed(next, at: settings.orders), at: settings.orders,
                if: [.isOf(settings.orders, revision: entry?.revision ?? 0)])
        }
    }

    /// Makes all members forget stored answers.
    package func publish(_ purge: FleetPurge) async throws(NotPublished) {
        try await publishing { client, settings throws(EtcdError) in
            let entry = try await client.read([.key(settings.purgeCount)]).found[0].first
            let present: FleetPurges =
                try entry.map { entry throws(EtcdError) in try self.content(of: entry) } ?? FleetPurges(last: 0)
            let next = FleetPurges(last: present.last + 1)
            let key = settings.purge(next.last)
            let lease = try await client.grant(seconds: FleetPurges.lifetime)
            let isDone = try await client.put(
                try self.sealed(next, at: settings.purgeCount), at: settings.purgeCount,
                if: [.isOf(settings.purgeCount, revision: entry?.revision ?? 0)],
                with: [
                    .put(key, try self.sealed(purge, at: key), lease: lease),
                    .delete(settings.purge(next.last - FleetPurges.maxKept)),
                ])
            if !isDone { try await client.revoke(lease) }
            return isDone
        }
    }

    /// Tries until nobody else was faster, on a connection of its own: others may ask at the same time.
    private func publishing(
        _ body: (EtcdClient, FleetMemberSettings) async throws(EtcdError) -> Bool
    ) async throws(NotPublished) {
        let own = Waiter(loop: loop)
        let client = EtcdClient(settings.etcd, own)
        defer {
            client.close()
            own.retire()
        }
        do {
            for _ in 0..<10 {
                if try await body(client, settings) { return lookSoon() }
            }
        } catch {
            throw NotPublished(description: "the fleet could not be told: \(error)")
        }
        throw NotPublished(description: "the fleet could not be told: others change the same all the time")
    }

    private func content<Content: Decodable>(of entry: EtcdEntry) throws(EtcdError) -> Content {
        guard let bytes = try? SealedDocument.open(entry.value, at: entry.key, with: settings.secret),
            let content = EtcdMessage.decode(Content.self, bytes)
        else { throw .malformed("\(entry.key) cannot be read") }
        return content
    }

    private func sealed(_ content: some Encodable, at key: String) throws(EtcdError) -> [UInt8] {
        guard let bytes = EtcdMessage.encode(content),
            let sealed = SealedDocument.seal(bytes, at: key, with: settings.secret)
        else { throw .malformed("\(key) cannot be encrypted") }
        return sealed
    }
}
