package import ACME
import EventLoop

/// What authorities are to find: all members show it, whichever of them is asked.
extension FleetMember {
    /// Makes all others show these proofs; see `RenewalSharing`.
    package func show(_ proofs: SharedProofs) async throws(ACMEError) {
        let term = try requireTerm()
        guard let text = EtcdMessage.encode(proofs),
            let sealed = SealedDocument.seal(text, at: settings.proofs, with: settings.secret)
        else { throw .storage("the proofs cannot be encrypted") }
        let isNone = proofs == SharedProofs()
        let change: EtcdChange = isNone ? .delete(settings.proofs) : .put(settings.proofs, sealed, lease: presence.lease)
        let revision = try await commit([change], in: term)
        if !isNone { await waitForOthers(revision) }
    }

    /// So long, in nanoseconds, others may take to show proofs. Whoever is slower may be asked in vain, and authorities ask
    /// again.
    private static let proofTimeout: UInt64 = 3_000_000_000

    /// Until all members show the proofs of a revision.
    private func waitForOthers(_ revision: Int64) async {
        let end = loop.now &+ Self.proofTimeout
        await withTaskExecutorPreference(loop) {
            while loop.now < end, !isStopped {
                guard let found = try? await sharingClient.read([.prefix(settings.members, most: Self.maxMembers)]).found[0]
                else { return }
                let others = records(of: found).filter { $0.member != settings.member && $0.follows }
                if others.allSatisfy({ $0.proofs >= revision }) { return }
                _ = await sharingWaiter.wait(timeout: 50_000_000)
            }
        }
    }

    /// Shows what others prove names with.
    func follow(proofs entry: EtcdEntry?) async {
        guard let eventHandler, leadership.term == nil, entry?.revision != proofsInUse else { return }
        if let entry {
            guard let proofs = opened(entry, as: { EtcdMessage.decode(SharedProofs.self, $0) }) else { return }
            await eventHandler(.proofs(proofs))
        } else {
            await eventHandler(.proofs(SharedProofs()))
        }
        proofsInUse = entry?.revision
    }
}
