import ACME
import EventLoop
import Logging

/// The keys for session tickets: one member makes the next ones, and all take them up.
extension FleetMember {
    /// - Parameters:
    ///   - tickets: the document; nil: there is none.
    ///   - hold: see `FleetMemberSettings.ticketsHold`.
    func follow(tickets: EtcdEntry?, hold: EtcdEntry?) async throws(EtcdError) {
        guard let tickets else {
            // The first ones of the fleet, or etcd has forgotten them.
            guard let first = ring ?? TicketKeyRing.made() else { return }
            return try await publish(first, over: 0)
        }
        guard let found = opened(tickets, as: { TicketKeyRing($0) }) else { return }
        if let ring, found.number < ring.number {
            log.warning(
                "etcd has older keys for session tickets than this member: those are put back",
                metadata: ["fleet": "\(settings.name)", "etcd": "\(found.number)", "here": "\(ring.number)"])
            return try await publish(ring, over: tickets.revision)
        }
        if found != ring { await use(found, sealed: tickets.value) }
        let next = rotation.next(after: found, isHeld: hold != nil, now: loop.now, every: settings.ticketRotation)
        if let next { try await publish(next, over: tickets.revision, unlessHeld: true) }
    }

    /// Makes these keys the fleet's, unless somebody else was faster.
    /// - Parameter revision: of the document that they replace; 0: there is none.
    private func publish(
        _ next: TicketKeyRing, over revision: Int64, unlessHeld: Bool = false
    ) async throws(EtcdError) {
        guard let text = next.text, let sealed = SealedDocument.seal(text, at: settings.tickets, with: settings.secret) else {
            return
        }
        let lease = try await client.grant(seconds: Int64(settings.ticketRotation))
        var conditions = [EtcdCondition.isOf(settings.tickets, revision: revision)]
        if unlessHeld { conditions.append(.wasMade(settings.ticketsHold, revision: 0)) }
        let hold = EtcdChange.put(settings.ticketsHold, [], lease: lease)
        if try await client.put(sealed, at: settings.tickets, if: conditions, with: [hold]) {
            if next != ring { await use(next, sealed: sealed) }
        } else {
            try await client.revoke(lease)
            lookSoon()
        }
    }

    private func use(_ found: TicketKeyRing, sealed: [UInt8]) async {
        ring = found
        await deployment.use(ticketKeys: found.bytes)
        var facts: Logger.Metadata = ["fleet": "\(settings.name)", "number": "\(found.number)"]
        do throws(ACMEError) {
            try StateDirectory(settings.stateDirectory).write(sealed, to: settings.ticketsFile)
        } catch {
            facts["kept"] = "no: \(error)"
        }
        log.notice("the fleet's keys of session tickets are in use", metadata: facts)
    }

    static func keptRing(_ settings: FleetMemberSettings) -> TicketKeyRing? {
        guard let kept = try? StateDirectory(settings.stateDirectory).read(settings.ticketsFile),
            let bytes = try? SealedDocument.open(kept, at: settings.tickets, with: settings.secret)
        else { return nil }
        return TicketKeyRing(bytes)
    }
}
