import Synchronization

/// By name, what an ACME authority is shown that proves it (RFC 8737): for those alone that were proved since the process
/// began, whichever listener and plan takes the handshake.
package final class ChallengeCertificates: Sendable {
    private struct Contexts {
        /// The contexts of the names that are being proved, by name.
        var shown: [String: TLSServerContext] = [:]
        /// Without a certificate, for the next names. A handshake may still point to one of them, so they are kept; names that
        /// strangers ask for would otherwise leave one each.
        var spare: [TLSServerContext] = []
    }

    private let contexts = Mutex(Contexts())

    package init() {}

    /// How many there are, with those that nothing needs at the moment.
    var count: Int { contexts.withLock { $0.shown.count + $0.spare.count } }

    /// Only a client that offers `acme-tls/1` alone gets here.
    func context(for name: String) -> TLSServerContext? { contexts.withLock { $0.shown[name] } }

    /// Makes handshakes that prove this name show what is in the file from now on. Reads a file: not for a worker's thread.
    /// - Parameters:
    ///   - name: lower case; an address by its name in DNS (RFC 8738 §6).
    ///   - file: PEM, the certificate and its key.
    package func show(_ name: String, file: String, _ records: TLSRecords) throws(TLSError) {
        let context = context(for: name) ?? takeSpare(records) ?? Self.make(records)
        do throws(TLSError) {
            try context.replaceCertificate(certificateFile: file, keyFile: file)
        } catch {
            hide(name)
            keep(context)
            throw error
        }
        contexts.withLock { $0.shown[name] = context }
    }

    /// Takes the certificate away that proves this name.
    package func hide(_ name: String) {
        guard let context = contexts.withLock({ $0.shown.removeValue(forKey: name) }) else { return }
        context.removeCertificate()
        keep(context)
    }

    private func keep(_ context: TLSServerContext) {
        contexts.withLock { contexts in
            if !contexts.spare.contains(where: { $0 === context }) { contexts.spare.append(context) }
        }
    }

    private func takeSpare(_ records: TLSRecords) -> TLSServerContext? {
        contexts.withLock { contexts in
            contexts.spare.lastIndex { $0.policy.records == records }.map { contexts.spare.remove(at: $0) }
        }
    }

    private static func make(_ records: TLSRecords) -> TLSServerContext {
        var policy = TLSPolicy()
        policy.protocols = ["acme-tls/1"]
        policy.records = records
        return TLSServerContext(policy)
    }
}
