import Synchronization

/// A certificate with its key in a file, of which a handshake that needs it has it read.
package final class StoredCertificate: Sendable {
    /// What handshakes may expect of the file.
    fileprivate enum State: UInt8 {
        /// There is none yet.
        case missing
        case there
        /// It could not be used a moment ago.
        case refused
    }

    /// PEM: the key and its chain.
    package let file: String
    private let state: Atomic<UInt8>
    /// From when to when the certificate is valid, in seconds since 1970; 0: it is not known.
    private let notBefore = Atomic<Int64>(0)
    private let notAfter = Atomic<Int64>(0)
    /// Has the last try to renew it failed?
    private let isFailing = Atomic<Bool>(false)
    /// Has a handshake used it since this was last looked at?
    fileprivate let isUsed = Atomic<Bool>(false)
    fileprivate let owner: StoredCertificates

    /// - Parameters:
    ///   - isThere: has the file been seen to hold a certificate with its key?
    ///   - owner: who reads it.
    package init(file: String, isThere: Bool, owner: StoredCertificates) {
        self.file = file
        self.owner = owner
        state = Atomic((isThere ? State.there : .missing).rawValue)
    }

    /// Is there one, in the file or in memory?
    var isThere: Bool { state.load(ordering: .acquiring) != State.missing.rawValue }
    /// May a handshake have it read?
    var mayBeRead: Bool { state.load(ordering: .acquiring) == State.there.rawValue }

    /// From when to when the certificate is valid, in seconds since 1970; nil: it is not known.
    package var lifetime: (start: Int64, end: Int64)? {
        let end = notAfter.load(ordering: .acquiring)
        return end == 0 ? nil : (notBefore.load(ordering: .acquiring), end)
    }

    /// What is in the file.
    package func note(_ lifetime: (start: Int64, end: Int64)?) {
        notBefore.store(lifetime?.start ?? 0, ordering: .releasing)
        notAfter.store(lifetime?.end ?? 0, ordering: .releasing)
    }

    /// Has the last try to renew it failed?
    package var renewalFails: Bool { isFailing.load(ordering: .relaxed) }

    /// What has become of the last try to renew it.
    package func note(renewalFails: Bool) { isFailing.store(renewalFails, ordering: .relaxed) }

    fileprivate func become(_ next: State) { state.store(next.rawValue, ordering: .releasing) }

    /// A handshake shows it.
    func noteUse() {
        // Most find it noted, and need not write to what other threads read.
        if !isUsed.load(ordering: .relaxed) { isUsed.store(true, ordering: .relaxed) }
    }

    /// Reads it for a handshake that waits; see `StoredCertificates.load`.
    func load(into context: TLSServerContext) async -> String? { await owner.load(context) }
}

/// Keeps certificates in their files until handshakes ask for them: with thousands of names most are not asked for in a day.
///
/// At most `limit` are in memory. Beyond that the ones go which no handshake has used for longest, as the hand of a clock
/// finds them; handshakes and connections that have one keep it.
package actor StoredCertificates {
    private struct Entry {
        weak var context: TLSServerContext?
    }

    private let limitInForce = Atomic(StoredCertificates.defaultLimit)
    /// The certificates in memory, as a circle that `hand` goes round.
    private var entries: [Entry] = []
    private var hand = 0

    package static let defaultLimit = 1000
    /// How long a certificate that cannot be used is not read again: many handshakes may ask for it.
    private static let pause = Duration.seconds(10)

    package init() {}

    /// How many may be in memory from now on.
    package func allow(_ limit: Int) {
        limitInForce.store(max(1, limit), ordering: .relaxed)
        makeRoom(for: 0)
    }

    /// How many may be in memory.
    package nonisolated var limit: Int { limitInForce.load(ordering: .relaxed) }

    /// Reads the certificate of a context, unless it is in memory.
    /// - Returns: nil, or why it cannot be used.
    nonisolated func load(_ context: TLSServerContext) async -> String? {
        // A task of its own, since the caller's has a worker's thread, which reads no file.
        await Task { await read(context) }.value
    }

    /// Another certificate is in the file: handshakes that begin from now on show that. Where the present one is not in memory,
    /// it is only tried whether it can be used.
    /// - Returns: nil, or why it cannot be used; the one in memory stays then.
    nonisolated func renew(_ context: TLSServerContext) async -> String? {
        await Task { await replace(context) }.value
    }

    private func read(_ context: TLSServerContext) -> String? {
        guard let stored = context.stored, !context.isInMemory else { return nil }
        do throws(TLSError) {
            try readFile(of: stored, into: context, isShown: true)
        } catch {
            refuse(stored)
            return error.reason
        }
        stored.isUsed.store(false, ordering: .relaxed)
        makeRoom(for: 1)
        entries.append(Entry(context: context))
        return nil
    }

    private func replace(_ context: TLSServerContext) -> String? {
        guard let stored = context.stored else { return nil }
        let chain = CertificateChain(file: stored.file)
        do throws(TLSError) {
            let isShown = context.isInMemory || chain.map { TLSServerContext.isStapled($0, context.policy) } ?? false
            try readFile(of: stored, into: context, isShown: isShown)
        } catch {
            return error.reason
        }
        stored.note(chain?.lifetime)
        stored.become(.there)
        return nil
    }

    /// OpenSSL opens the file for the chain and again for the key. A renewal may put another file there in between, and the two
    /// are then not of a pair: that is no fault of the file's, and it is read again.
    private func readFile(of stored: StoredCertificate, into context: TLSServerContext, isShown: Bool) throws(TLSError) {
        for _ in 0..<2 {
            if (try? context.replaceCertificate(certificateFile: stored.file, keyFile: stored.file, isShown: isShown)) != nil {
                return
            }
        }
        try context.replaceCertificate(certificateFile: stored.file, keyFile: stored.file, isShown: isShown)
    }

    private func refuse(_ stored: StoredCertificate) {
        stored.become(.refused)
        Task {
            try? await Task.sleep(for: Self.pause)
            // Somebody may have put another one there meanwhile.
            stored.become(.there)
        }
    }

    private func makeRoom(for count: Int) {
        guard entries.count + count > limit else { return }
        entries.removeAll { $0.context == nil }
        var looks = entries.count * 2
        while entries.count + count > limit, !entries.isEmpty, looks > 0 {
            looks -= 1
            hand = hand < entries.count ? hand : 0
            if let context = entries[hand].context, let stored = context.stored {
                // Used since the hand came by: it stays for a round.
                guard !stored.isUsed.exchange(false, ordering: .relaxed) || looks < entries.count else {
                    hand += 1
                    continue
                }
                context.removeCertificate()
            }
            entries[hand] = entries[entries.count - 1]
            entries.removeLast()
        }
    }
}

extension TLSServerContext {
    /// Is this certificate shown with an OCSP answer? Then it is in memory always, so that the answer can be fetched.
    package static func isStapled(_ chain: CertificateChain, _ policy: TLSPolicy) -> Bool {
        guard let stapling = policy.stapling else { return false }
        return !stapling.onlyWhereRequired || chain.demandsStaple
    }

    /// Another certificate is in its file; see `StoredCertificates.renew`.
    /// - Returns: nil, or why it cannot be used.
    package func renewStored() async -> String? { await stored?.owner.renew(self) }
}
