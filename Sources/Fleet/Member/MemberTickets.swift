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
        try await rotate(found, tickets, hold)
    }

    private func rotate(_ present: TicketKeyRing, _ tickets: EtcdEntry, _ hold: EtcdEntry?) async throws(EtcdError) {
        guard hold == nil else {
            rotationDue = nil
            return
        }
        guard let due = rotationDue else {
            // Not all at once: the first one spares the others the work.
            rotationDue = loop.now + UInt64.random(in: 0..<min(2, UInt64(settings.ticketRotation)) * 1_000_000_000)
            return
        }
        guard due <= loop.now, let next = present.next(rotation: settings.ticketRotation) else { return }
        rotationDue = nil
        try await publish(next, over: tickets.revision, unlessHeld: true)
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

    /// - Returns: nil if it cannot be used, which is told once.
    func opened<Content>(_ entry: EtcdEntry, as read: ([UInt8]) -> Content?) -> Content? {
        do throws(DocumentFault) {
            let bytes = try SealedDocument.open(entry.value, at: entry.key, with: settings.secret)
            guard let content = read(bytes) else { throw .malformed }
            complaints[entry.key] = nil
            return content
        } catch {
            complain(of: entry.key, error)
            return nil
        }
    }

    private func complain(of key: String, _ fault: DocumentFault) {
        let complaint = "\(key): \(fault)"
        guard complaints[key] != complaint, complaints[key] != nil || complaints.count < Self.maxComplaints else { return }
        complaints[key] = complaint
        linesOfLook += 1
        guard linesOfLook <= Self.maxLinesOfLook else { return }
        log.error(
            "a document of the fleet is not used: what is known goes on",
            metadata: ["fleet": "\(settings.name)", "document": "\(key)", "reason": "\(fault)", "key": "fleet.secret_file"])
    }

    /// Documents that are not used and remembered as such, and lines about them of one look: whoever can write to etcd decides
    /// how many there are.
    static let maxComplaints = 1000
    static let maxLinesOfLook = 20

    static func keptRing(_ settings: FleetMemberSettings) -> TicketKeyRing? {
        guard let kept = try? StateDirectory(settings.stateDirectory).read(settings.ticketsFile),
            let bytes = try? SealedDocument.open(kept, at: settings.tickets, with: settings.secret)
        else { return nil }
        return TicketKeyRing(bytes)
    }
}
