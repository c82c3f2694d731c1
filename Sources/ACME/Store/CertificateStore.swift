package import TLS

/// The certificates: for each a folder `acme/certificates/<first name>` with
/// - `certificate.pem`: the key and its chain, in one file so that they are replaced together;
/// - `status.json`: `CertificateStatus`;
/// - `next.key`: the key of an order that is under way.
package struct CertificateStore: Sendable {
    private let store: any StateStore

    package init(_ directory: StateDirectory) {
        store = directory
    }

    /// The PEM file of a certificate, whether it is there or not.
    package func file(of name: String) -> String { store.location(of: StatePath.certificate(name) + "/certificate.pem") }

    /// All that have a status, in the order of their folders.
    package func statuses() -> [CertificateStatus] {
        store.list(StatePath.certificates).compactMap { folder in
            guard let bytes = try? store.read("\(StatePath.certificates)/\(folder)/status.json") else { return nil }
            return JSON.decode(CertificateStatus.self, bytes)
        }
    }

    /// As `status.json` has them, in an array.
    package static func json(_ statuses: [CertificateStatus]) -> String {
        String(decoding: (try? JSON.pretty(statuses))?.dropLast() ?? [], as: UTF8.self)
    }

    /// How a status could be had.
    enum Found {
        case none
        case status(CertificateStatus)
        /// It could not be read, and has another name now.
        case setAside(String)
        /// It is of a version of this program that knows more.
        case newer(Int)
    }

    func status(of name: String) throws(ACMEError) -> Found {
        struct Version: Decodable {
            var version: Int
        }
        let path = StatePath.certificate(name) + "/status.json"
        guard let bytes = try store.read(path) else { return .none }
        if let version = JSON.decode(Version.self, bytes)?.version, version > CertificateStatus.currentVersion {
            return .newer(version)
        }
        if let status = JSON.decode(CertificateStatus.self, bytes) { return .status(status) }
        return .setAside(try store.setAside(path))
    }

    func save(_ status: CertificateStatus, of name: String) throws(ACMEError) {
        try store.write(JSON.pretty(status), to: StatePath.certificate(name) + "/status.json")
    }

    /// The present key and chain; nil if there are none, or they are not of each other.
    func certificate(of name: String) throws(ACMEError) -> CertificateChain? {
        try store.read(StatePath.certificate(name) + "/certificate.pem").flatMap(Self.chain)
    }

    private static func chain(_ bytes: [UInt8]) -> CertificateChain? {
        let pem = String(decoding: bytes, as: UTF8.self)
        guard let chain = CertificateChain(pem: pem), let key = try? PrivateKey(pem: pem), chain.isFor(key) else { return nil }
        return chain
    }

    /// The same, only to be looked at: a start looks at thousands.
    func lookedAt(_ name: String) throws(ACMEError) -> CertificateChain? {
        guard let bytes = try store.read(StatePath.certificate(name) + "/certificate.pem") else { return nil }
        return CertificateChain.judge(keyAndChain: bytes) ?? Self.chain(bytes)
    }

    /// The present chain, to be looked at; nil if there is none, if its key is not there, or if it is another one's.
    package func usable(_ name: String) -> CertificateChain? { (try? lookedAt(name)) ?? nil }

    /// Is there a certificate for this name, with its key, that is good for a while?
    /// - Parameter now: seconds since 1970.
    package func isGood(_ name: String, now: Int64) -> Bool {
        guard let chain = usable(name), let lifetime = chain.lifetime else { return false }
        return lifetime.end > now && chain.names.cover(host: name)
    }

    /// What the authority knows the present certificate by (RFC 9773 §4.1); nil if there is none, or it has no such name.
    func renewalIdentifier(of name: String) throws(ACMEError) -> String? {
        guard let (authorityKey, serial) = try certificate(of: name)?.renewalIdentifier else { return nil }
        return "\(Base64URL.text(authorityKey)).\(Base64URL.text(serial))"
    }

    func save(_ chain: String, _ key: PrivateKey, of name: String) throws(ACMEError) {
        try store.write(Array((key.pem + chain).utf8), to: StatePath.certificate(name) + "/certificate.pem")
    }

    /// The key of the order under way, which is on the disk before the order ends: a certificate that is issued while this
    /// process dies is not lost.
    func nextKey(of name: String, _ kind: PrivateKey.Kind) throws(ACMEError) -> PrivateKey {
        let path = StatePath.certificate(name) + "/next.key"
        if let bytes = try store.read(path), let key = try? PrivateKey(pem: String(decoding: bytes, as: UTF8.self)),
            // A process that ended before it forgot it has left the present one's.
            try certificate(of: name)?.isFor(key) != true
        {
            return key
        }
        let key: PrivateKey
        do throws(TLSError) { key = try PrivateKey(kind) } catch { throw .storage("no key can be made: \(error.reason)") }
        try store.write(Array(key.pem.utf8), to: path)
        return key
    }

    func forgetNextKey(of name: String) throws(ACMEError) { try store.remove(StatePath.certificate(name) + "/next.key") }
}
