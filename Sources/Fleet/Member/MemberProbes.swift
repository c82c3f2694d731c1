import EventLoop

/// Probes of upstream servers: each server has one member that probes it for all that have the same servers. Which one follows
/// from who is there, so that nobody has to be asked; what a member says ends with its lease.
extension FleetMember {
    /// Between two documents of this member, in nanoseconds: each of them wakes all others.
    private static let probePause: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - entries: of members, those since the last look.
    ///   - count: how many there are.
    ///   - revision: that they were read at.
    func follow(probes entries: [EtcdEntry], count: Int, revision: Int64) async throws(EtcdError) {
        for entry in entries { take(probes: entry) }
        seenProbes = revision
        if probeWords.count != min(count, Self.mostMembers) {
            // Somebody has gone.
            let all = try await client.read([.prefix(settings.probes, most: Self.mostMembers)])
            for place in probeWords.keys where !all.found[0].contains(where: { $0.key == place }) {
                probeWords[place] = nil
                complaints[place] = nil
            }
            for entry in all.found[0] { take(probes: entry) }
            seenProbes = all.revision
        }
        let isSharing = nameHolder == nil && ourPlace != 0 && count <= Self.mostMembers
        let words = probeWords.compactMap { place, word in word.map { (String(place.dropFirst(settings.probes.count)), $0) } }
        await deployment.use(
            Dictionary(words, uniquingKeysWith: { first, _ in first }), as: settings.member, until: isSharing ? leaseEnd : 0)
        if isSharing { try await tell(await deployment.probes) }
    }

    private func take(probes entry: EtcdEntry) {
        let found = opened(entry, as: { EtcdMessage.decode(FleetProbes.self, $0) })
        probeWords.updateValue(found, forKey: entry.key)
    }

    /// - Parameter word: nil: nothing is shared out here.
    private func tell(_ word: FleetProbes?) async throws(EtcdError) {
        let place = settings.probes + settings.member
        let isThere = (probeWords[place] ?? nil) == word
        guard word != toldProbes || !isThere else { return probesDue = nil }
        let due = probesTime &+ Self.probePause
        guard toldProbes == nil || due <= loop.now else { return probesDue = due }
        var change = EtcdChange.delete(place)
        if let word {
            guard let text = EtcdMessage.encode(word), let sealed = SealedDocument.seal(text, at: place, with: settings.secret)
            else { return }
            change = .put(place, sealed, lease: lease)
        }
        let outcome = try await client.transact(if: [.wasMade(settings.members + settings.member, revision: ourPlace)], [change])
        // Else the name is another member's by now, which the next look tells.
        (toldProbes, probesTime, probesDue) = (outcome.isDone ? word : nil, loop.now, nil)
        lookSoon()
    }
}
