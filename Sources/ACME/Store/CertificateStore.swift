import EventLoop
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

    /// All that have a status or a certificate, in the order of their folders, and behind them those that have neither and are to
    /// be there. Nothing is changed.
    /// - Parameter wanted: the names of each certificate that is to be there.
    /// - Returns: what is kept; of what cannot be used, the error says so.
    package func statuses(wanted: [[String]] = []) -> [CertificateStatus] {
        var (statuses, folders): ([CertificateStatus], Set<String>) = ([], [])
        for folder in store.list(StatePath.certificates) {
            guard let status = status(inFolder: folder) else { continue }
            statuses.append(status)
            folders.insert("\(StatePath.certificates)/\(folder)")
        }
        for names in wanted {
            guard let name = names.first, folders.insert(StatePath.certificate(name)).inserted else { continue }
            var status = CertificateStatus()
            status.names = names
            statuses.append(status)
        }
        return statuses
    }

    private func status(inFolder folder: String) -> CertificateStatus? {
        let path = "\(StatePath.certificates)/\(folder)"
        var status = CertificateStatus()
        status.names = [folder]
        var (trouble, isBegun): (String?, Bool) = (nil, true)
        do throws(ACMEError) {
            switch try read(path + "/status.json") {
            case .none: isBegun = false
            case .status(let found): status = found
            case .newer(let version): trouble = "its state is of a newer version of this program (\(version))"
            case .unreadable(let reason): trouble = reason
            }
            let lifetime = try lookedAt(at: path)?.lifetime
            if lifetime == nil, status.notAfter != nil { trouble = "\(store.location(of: path))/certificate.pem is missing" }
            if lifetime == nil, !isBegun { return nil }
            (status.notBefore, status.notAfter) = (lifetime?.start, lifetime?.end)
        } catch {
            (status.notAfter, trouble) = (nil, error.description)
        }
        if let trouble { status.lastError = trouble }
        return status
    }

    /// The statuses as `status.json` has them, in an array.
    package static func json(_ statuses: [CertificateStatus]) -> String {
        String(decoding: (try? JSON.pretty(statuses))?.dropLast() ?? [], as: UTF8.self)
    }

    /// How a status could be had.
    enum Found {
        case none
        case status(CertificateStatus)
        /// It could not be read, and has another name now; or what is wrong.
        case unreadable(String)
        /// It is of a version of this program that knows more.
        case newer(Int)
    }

    func status(of name: String) throws(ACMEError) -> Found {
        let path = StatePath.certificate(name) + "/status.json"
        let found = try read(path)
        guard case .unreadable = found else { return found }
        return .unreadable("the file is set aside: \(try store.setAside(path))")
    }

    private func read(_ path: String) throws(ACMEError) -> Found {
        let bytes: [UInt8]
        do throws(ACMEError) {
            guard let found = try store.read(path) else { return .none }
            bytes = found
        } catch {
            guard case .damaged(let reason) = error else { throw error }
            return .unreadable(reason)
        }
        if let version = JSON.version(bytes), version > CertificateStatus.currentVersion { return .newer(version) }
        guard var status = JSON.decode(CertificateStatus.self, bytes) else {
            return .unreadable("\(store.location(of: path)) is no state of a certificate")
        }
        status.bound()
        return .status(status)
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
    /// - Returns: nil if there is none.
    /// - Throws: `.damaged` if the file holds none.
    func lookedAt(_ name: String) throws(ACMEError) -> CertificateChain? { try lookedAt(at: StatePath.certificate(name)) }

    private func lookedAt(at folder: String) throws(ACMEError) -> CertificateChain? {
        let path = folder + "/certificate.pem"
        guard let bytes = try store.read(path) else { return nil }
        if let chain = CertificateChain.judge(keyAndChain: bytes) ?? Self.chain(bytes) { return chain }
        throw .damaged("\(store.location(of: path)) holds no certificate with its key")
    }

    /// Gives the file another name: another certificate can be had then, and nothing is lost.
    /// - Returns: the name.
    func setAsideCertificate(of name: String) throws(ACMEError) -> String {
        try store.setAside(StatePath.certificate(name) + "/certificate.pem")
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
        if let bytes = try readable(path), let key = try? PrivateKey(pem: String(decoding: bytes, as: UTF8.self)),
            // The configuration may want another kind by now.
            key.isOf(kind),
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

    /// The bytes at the path, as the store reads them; what is no file is set aside.
    private func readable(_ path: String) throws(ACMEError) -> [UInt8]? {
        do throws(ACMEError) { return try store.read(path) } catch {
            guard case .damaged = error else { throw error }
            _ = try store.setAside(path)
            return nil
        }
    }

    /// And what processes that were killed were writing.
    func forgetNextKey(of name: String) throws(ACMEError) {
        let folder = StatePath.certificate(name)
        try store.remove(folder + "/next.key")
        for file in store.list(folder) where file.contains(StateFile.unfinished) { try store.remove("\(folder)/\(file)") }
    }
}
