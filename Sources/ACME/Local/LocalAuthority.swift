package import TLS

/// An authority of this machine's own, for names that no public one issues for: `internal/root.pem` below the state directory is
/// its key and certificate, `internal/root.crt` the certificate alone.
///
/// Its certificate says that it may issue for `LocalNames` alone (RFC 5280 §4.2.1.10): whoever steals its key from a machine that
/// trusts it can still be no bank.
package struct LocalAuthority {
    /// PEM; for those that are to trust it.
    package let certificate: String
    /// Where it stands as a file.
    package let certificateFile: String
    private let key: PrivateKey
    private let chain: CertificateChain

    private static let file = "internal/root.pem"
    private static let publicFile = "internal/root.crt"
    /// Ten years: who trusts it does so by hand.
    private static let rootLife: Int64 = 10 * 365 * 86_400
    /// A week: it is renewed by itself, and what is stolen is soon worth nothing.
    private static let leafLife: Int64 = 7 * 86_400

    /// The certificate of the authority that there is, without making one; nil if there is none.
    /// - Parameter directory: the state directory.
    package static func certificate(in directory: StateDirectory) throws(ACMEError) -> CertificateChain? {
        guard let bytes = try directory.read(file) else { return nil }
        return CertificateChain(pem: String(decoding: bytes, as: UTF8.self))
    }

    /// Where its certificate stands as a file, if there is one.
    package static func file(in directory: StateDirectory) -> String { directory.location(of: publicFile) }

    /// The authority that there is, or a new one.
    /// - Parameters:
    ///   - directory: the state directory.
    ///   - now: seconds since 1970. One that would not outlive what it issues is set aside.
    package init(in directory: StateDirectory, now: Int64) throws(ACMEError) {
        if let bytes = try directory.read(Self.file) {
            try self.init(String(decoding: bytes, as: UTF8.self), directory)
            guard (chain.lifetime?.end ?? 0) <= now + Self.leafLife else { return }
            _ = try directory.setAside(Self.file)
        }
        _ = try directory.create(Array(Self.make().utf8), at: Self.file)
        // Another process may have been first: its root counts.
        guard let bytes = try directory.read(Self.file) else { throw .storage("\(directory.location(of: Self.file)) is gone") }
        try self.init(String(decoding: bytes, as: UTF8.self), directory)
        try directory.write(Array(certificate.utf8), to: Self.publicFile)
    }

    private init(_ pem: String, _ directory: StateDirectory) throws(ACMEError) {
        let path = directory.location(of: Self.file)
        guard let chain = CertificateChain(pem: pem) else { throw .storage("\(path) holds no certificate") }
        do throws(TLSError) { key = try PrivateKey(pem: pem) } catch { throw .storage("\(path) holds no key: \(error.reason)") }
        guard chain.isFor(key) else { throw .storage("\(path): the key is of another certificate") }
        self.chain = chain
        certificate = chain.leafPEM
        certificateFile = directory.location(of: Self.publicFile)
    }

    private static func make() throws(ACMEError) -> String {
        do throws(TLSError) {
            let key = try PrivateKey(.p256)
            // The random part tells one machine's root from another's in a list of those that are trusted.
            let mark = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
            return try key.pem
                + key.authorityCertificate(
                    name: "Gatehouse local CA \(mark)", hosts: LocalNames.hosts, blocks: LocalNames.blocks, seconds: rootLife)
        } catch {
            throw .storage("no local authority can be made: \(error.reason)")
        }
    }

    /// A certificate for these names, in PEM; the root is not part of it.
    /// - Parameter names: of `LocalNames` alone; others are refused.
    func issue(for server: PrivateKey, names: [String]) throws(ACMEError) -> String {
        if let name = names.first(where: { !LocalNames.contain($0) }) {
            throw .settings("the internal CA does not issue for \(name)")
        }
        do throws(TLSError) {
            return try key.certificate(for: server, names: names, authority: chain, seconds: Self.leafLife)
        } catch {
            throw .storage("the internal CA does not sign: \(error.reason)")
        }
    }
}
