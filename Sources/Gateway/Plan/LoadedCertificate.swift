import EventLoop
import Synchronization
import TLS

/// A certificate and key as they were read from their files: while these stay the same, later plans go on with it, and nothing is
/// parsed again.
package final class LoadedCertificate: Sendable {
    /// What it was made of.
    struct Source: Sendable, Hashable {
        var certificateFile: String
        var keyFile: String
        var minimumVersion: TLSServerContext.MinimumVersion
        var protocols: [String]
        var records: TLSRecords
    }

    /// What is known of the certificate in use.
    struct State: Sendable {
        /// Nil if it is not certain what was read.
        var fingerprint: CertificateFingerprint?
        /// Nil if the certificate itself could not be looked at.
        var facts: CertificateFacts?
        /// Of files that are not used, so that this is said once.
        var refused: CertificateFingerprint?
        /// Why what is in the files is not what is in use; nil if it is.
        var problem: String?
    }

    let source: Source
    let context: TLSServerContext
    private let state: Mutex<State>

    /// Reads the files.
    /// - Throws: why they cannot be used.
    init(_ source: Source, authorities: () -> SystemAuthorities) throws(TLSError) {
        self.source = source
        let context = TLSServerContext(
            minimumVersion: source.minimumVersion, protocols: source.protocols, records: source.records)
        self.context = context
        state = Mutex(try Self.load(source, into: context, authorities))
    }

    /// Reads the files into the context, if `mayUse` agrees.
    private static func load(
        _ source: Source, into context: TLSServerContext, _ authorities: () -> SystemAuthorities
    ) throws(TLSError) -> State {
        var state = State()
        for _ in 0..<3 {
            let before = CertificateFingerprint(certificateFile: source.certificateFile, keyFile: source.keyFile)
            try context.replaceCertificate(certificateFile: source.certificateFile, keyFile: source.keyFile)
            state.facts = CertificateChain(file: source.certificateFile)?.facts(authorities())
            let after = CertificateFingerprint(certificateFile: source.certificateFile, keyFile: source.keyFile)
            // What was read is certain only if nobody wrote in between.
            if let before, let after, before.hasSameContent(as: after) {
                state.fingerprint = after
                break
            }
        }
        return state
    }

    var facts: CertificateFacts? { state.withLock { $0.facts } }

    /// Why what is in the files is not what is in use; nil if it is.
    package var problem: String? { state.withLock { $0.problem } }

    /// When the first certificate of its chain expires, in seconds since 1970.
    package var expires: Int64? { state.withLock { $0.facts?.expires } }

    /// Are the files as they were read? If they may not be, they are read, and not parsed.
    func isCurrent() -> Bool {
        guard let known = state.withLock({ $0.fingerprint }) else { return false }
        if known.isCurrent(
            certificateFile: source.certificateFile, keyFile: source.keyFile, now: Int64(realtimeNanoseconds()))
        {
            return true
        }
        guard let now = CertificateFingerprint(certificateFile: source.certificateFile, keyFile: source.keyFile),
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
        for file in [source.certificateFile, source.keyFile] {
            if let error = FileAccess.problem(reading: file) { return refuse("\(file): \(error.reason)", nil) }
        }
        guard let found = CertificateFingerprint(certificateFile: source.certificateFile, keyFile: source.keyFile) else {
            return refuse("\(source.certificateFile): cannot be read", nil)
        }
        if let refused = state.withLock({ $0.refused }), refused.hasSameContent(as: found) { return .unchanged }
        do throws(TLSError) {
            if let old = facts, let chain = CertificateChain(file: source.certificateFile),
                let reason = worse(old, chain.facts(authorities()))
            {
                return refuse("\(source.certificateFile): \(reason)", found)
            }
            let next = try Self.load(source, into: context, authorities)
            state.withLock { $0 = next }
            return .replaced
        } catch {
            return refuse(error.reason, found)
        }
    }

    private func refuse(_ reason: String, _ found: CertificateFingerprint?) -> Look {
        state.withLock { state in
            state.refused = found
            guard state.problem != reason else { return .unchanged }
            state.problem = reason
            return .refused(reason)
        }
    }
}
