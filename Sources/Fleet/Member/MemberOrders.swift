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
        purges.resume(from: try? directory.read(settings.purgesFile))
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
        switch purges.step(to: last) {
        case .nothing: return
        case .note: break
        case .carryOut(let known): try await carryOutPurges(after: known, upTo: last)
        }
        // A member that cannot keep it forgets more than it has to at the next start.
        if let text = purges.note(last) {
            try? StateDirectory(settings.stateDirectory).write(text, to: settings.purgesFile)
        }
    }

    private func carryOutPurges(after known: Int, upTo last: Int) async throws(EtcdError) {
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
    }

    // MARK: Publishing

    /// Makes all members carry out an order, those too that start later, until another one takes its place.
    package func publish(_ order: FleetOrder) async throws(NotPublished) {
        try await publishing { store throws(EtcdError) in try await store.add(order) }
    }

    /// Makes all members forget stored answers.
    package func publish(_ purge: FleetPurge) async throws(NotPublished) {
        try await publishing { store throws(EtcdError) in try await store.add(purge) }
    }

    /// Tries until nobody else was faster, on a connection of its own: others may ask at the same time.
    private func publishing(
        _ body: (OrderStore) async throws(EtcdError) -> Bool
    ) async throws(NotPublished) {
        let own = Waiter(loop: loop)
        let client = EtcdClient(settings.etcd, own)
        defer {
            client.close()
            own.retire()
        }
        do {
            for _ in 0..<10 {
                if try await body(OrderStore(settings: settings, client: client)) { return lookSoon() }
            }
        } catch {
            throw NotPublished(description: "the fleet could not be told: \(error)")
        }
        throw NotPublished(description: "the fleet could not be told: others change the same all the time")
    }
}
