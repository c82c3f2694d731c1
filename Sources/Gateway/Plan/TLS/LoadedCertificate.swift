import EventLoop
import Synchronization
import TLS

/// A certificate and key as they were read from their files: while these stay the same, later plans go on with it, and nothing is
/// parsed again.
package final class LoadedCertificate: Sendable {
    /// What it was made of.
    struct Source: Sendable, Hashable {
        /// The files of the site's certificates; at least one.
        var certificates: [CertificateFiles]
        var policy: TLSPolicy

        /// All that a change on the disk makes out of date: the revocation lists, too.
        var files: [String] {
            let clients = policy.clientAuthentication
            return certificates.flatMap(\.files) + [clients?.caFile, clients?.crlFile].compactMap { $0 }
        }
    }

    /// What is known of the certificate in use.
    struct State: Sendable {
        /// Nil if it is not certain what was read.
        var fingerprint: CertificateFingerprint?
        /// What is known of the certificates that could be looked at.
        var facts: [CertificateFacts] = []
        /// The fingerprint of files that are not used, so that this is said once.
        var refused: CertificateFingerprint?
        /// May what they are refused for pass by itself, as where a certificate is not valid yet?
        var mayPass = false
        /// Why what is in the files is not what is in use; nil if it is.
        var problem: String?
    }

    let source: Source
    let context: TLSServerContext
    private let state: Mutex<State>

    /// Reads the files.
    /// - Parameter mayKeep: may the first handshake put the certificate into memory? See `KeptCertificates`.
    /// - Throws: why they cannot be used.
    init(_ source: Source, mayKeep: Bool, authorities: () -> SystemAuthorities) throws(TLSError) {
        self.source = source
        let context = TLSServerContext(source.policy)
        self.context = context
        if mayKeep, let kept = Self.keep(source, in: context, authorities) {
            state = Mutex(kept)
        } else {
            state = Mutex(try Self.load(source, into: context, authorities))
        }
    }

    /// Reads the files once, and judges what was in them.
    /// - Returns: nil where it is not certain that they can be used.
    private static func keep(
        _ source: Source, in context: TLSServerContext, _ authorities: () -> SystemAuthorities
    ) -> State? {
        var contents: [SecretBytes]?
        guard let fingerprint = CertificateFingerprint(source.files, keeping: &contents), let contents,
            let kept = KeptCertificates(source.certificates, contents, source.policy, authorities)
        else { return nil }
        context.replaceCertificates(kept)
        return State(fingerprint: fingerprint, facts: kept.facts)
    }

    /// Reads the files into the context.
    private static func load(
        _ source: Source, into context: TLSServerContext, _ authorities: () -> SystemAuthorities
    ) throws(TLSError) -> State {
        try CertificateFiles.checkAreRegular(source.certificates)
        var state = State()
        for _ in 0..<3 {
            let before = CertificateFingerprint(source.files)
            try context.replaceCertificates(source.certificates)
            state.facts = source.certificates.compactMap { CertificateChain($0)?.facts(authorities) }
            let after = CertificateFingerprint(source.files)
            // What was read is certain only if nobody wrote in between.
            if let before, let after, before.hasSameContent(as: after) {
                state.fingerprint = after
                break
            }
        }
        return state
    }

    var facts: [CertificateFacts] { state.withLock { $0.facts } }

    /// Why what is in the files is not what is in use; nil if it is.
    package var problem: String? { state.withLock { $0.problem } }

    /// When the first certificate of its chains expires, in seconds since 1970.
    package var expires: Int64? { state.withLock { $0.facts.compactMap(\.expires).min() } }

    /// The validity of its chains that ends first, in seconds since 1970.
    var firstToExpire: (start: Int64, end: Int64)? {
        state.withLock { $0.facts.compactMap(\.firstToExpire).min { $0.end < $1.end } }
    }

    /// Are the files as they were read? If they may not be, they are read, and not parsed.
    func isCurrent() -> Bool {
        guard let known = state.withLock({ $0.fingerprint }) else { return false }
        if known.isCurrent(source.files, now: Int64(realtimeNanoseconds())) { return true }
        guard let now = CertificateFingerprint(source.files),
            now.hasSameContent(as: known)
        else { return false }
        state.withLock { $0.fingerprint = now }
        return true
    }

    // MARK: Replaced files

    /// What has come of looking at the files.
    package enum Look: Sendable {
        case unchanged
        /// Handshakes that begin from now on show it.
        case replaced
        /// What was in use goes on; why.
        case refused(String)
        /// The files hold again what is in use, after others had been refused.
        case restored
    }

    /// Looks whether the files have been replaced, and uses what is in them if it is no worse than what is in use. Reads files:
    /// not for a worker's thread, and for one caller at a time.
    /// - Parameter worse: says why the one is not to follow the other; nil if it may.
    func look(
        authorities: () -> SystemAuthorities, worse: (_ old: CertificateFacts, _ new: CertificateFacts) -> String?
    ) -> Look {
        let hadProblem = state.withLock { $0.problem != nil }
        if isCurrent() {
            guard hadProblem else { return .unchanged }
            state.withLock { ($0.problem, $0.refused) = (nil, nil) }
            return .restored
        }
        for file in source.files {
            if let error = FileAccess.problem(reading: file) { return refuse("\(file): \(error.reason)", nil) }
        }
        guard let found = CertificateFingerprint(source.files) else {
            return refuse("\(source.certificates[0].certificate): cannot be read", nil)
        }
        let (wasRefused, mayPass) = state.withLock { ($0.refused?.hasSameContent(as: found) == true, $0.mayPass) }
        // What cannot be used is not tried again: a wrong PIN might lock a key's store.
        if wasRefused, !mayPass { return .unchanged }
        do throws(TLSError) {
            for (old, files) in zip(facts, source.certificates) {
                guard let chain = CertificateChain(files), let reason = worse(old, chain.facts(authorities)) else { continue }
                return wasRefused ? .unchanged : refuse("\(files.certificate): \(reason)", found, mayPass: true)
            }
            let next = try Self.load(source, into: context, authorities)
            state.withLock { $0 = next }
            return .replaced
        } catch {
            return refuse(error.reason, found)
        }
    }

    private func refuse(_ reason: String, _ found: CertificateFingerprint?, mayPass: Bool = false) -> Look {
        state.withLock { state in
            (state.refused, state.mayPass) = (found, mayPass)
            guard state.problem != reason else { return .unchanged }
            state.problem = reason
            return .refused(reason)
        }
    }
}
