import Synchronization

/// By name, what an ACME authority is shown that proves it (RFC 8737): for those alone that were proved since the process
/// began, whichever listener and plan takes the handshake.
package final class ChallengeCertificates: Sendable {
    /// One stays for as long as this does, since handshakes point to it; it has a certificate while its name is being proved.
    private let contexts = Mutex<[String: TLSServerContext]>([:])

    package init() {}

    /// Only a client that offers `acme-tls/1` alone gets here.
    func context(for name: String) -> TLSServerContext? { contexts.withLock { $0[name] } }

    /// Has handshakes that prove this name show what is in the file from now on. Reads a file: not for a worker's thread.
    /// - Parameters:
    ///   - name: lower case; an address by its name in DNS (RFC 8738 §6).
    ///   - file: PEM, the certificate and its key.
    package func show(_ name: String, file: String, _ records: TLSRecords) throws(TLSError) {
        let known = context(for: name)
        let shown = known ?? Self.make(records)
        try shown.replaceCertificate(certificateFile: file, keyFile: file)
        if known == nil { contexts.withLock { $0[name] = shown } }
    }

    /// Nothing proves this name any more.
    package func hide(_ name: String) { context(for: name)?.removeCertificate() }

    private static func make(_ records: TLSRecords) -> TLSServerContext {
        var policy = TLSPolicy()
        policy.protocols = ["acme-tls/1"]
        policy.records = records
        return TLSServerContext(policy)
    }
}
