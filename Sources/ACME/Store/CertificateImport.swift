import TLS

/// Certificates of other programs' directories.
package struct CertificateImport {
    /// What became of a certificate.
    package enum Outcome: Equatable, Sendable {
        /// The file that it is from, and its end in seconds since 1970.
        case taken(file: String, notAfter: Int64)
        /// One that is as good is there already.
        case kept
        /// No file has one for all names that is good for a while.
        case missing
    }

    private struct Found {
        var file: String
        var chain: CertificateChain
        var pem: String
        var key: PrivateKey
        var notAfter: Int64
    }

    private let store: CertificateStore
    private let now: Int64
    private var found: [Found] = []

    /// Looks for certificates with their keys, as certbot (`live/NAME/fullchain.pem` and `privkey.pem`), Caddy
    /// (`certificates/AUTHORITY/NAME/NAME.crt` and `NAME.key`) and lego (`certificates/NAME.crt` and `NAME.key`) keep them.
    /// - Parameter now: seconds since 1970.
    package init(from folder: String, into directory: StateDirectory, now: Int64) {
        store = CertificateStore(directory)
        self.now = now
        let source = StateDirectory(folder)
        for name in source.list("live") { take("\(folder)/live/\(name)/fullchain.pem", "\(folder)/live/\(name)/privkey.pem") }
        // lego has them all in one folder.
        for name in source.list("certificates") where name.hasSuffix(".crt") {
            let stem = "\(folder)/certificates/\(name.dropLast(4))"
            take(stem + ".crt", stem + ".key")
        }
        for authority in source.list("certificates") {
            for name in source.list("certificates/\(authority)") {
                let stem = "\(folder)/certificates/\(authority)/\(name)/\(name)"
                take(stem + ".crt", stem + ".key")
            }
        }
    }

    /// How many certificates with their keys there are.
    package var count: Int { found.count }

    private mutating func take(_ file: String, _ keyFile: String) {
        guard let bytes = StateDirectory.contents(of: file), let keyBytes = StateDirectory.contents(of: keyFile) else { return }
        let pem = String(decoding: bytes, as: UTF8.self)
        guard let chain = CertificateChain(pem: pem), let key = try? PrivateKey(pem: String(decoding: keyBytes, as: UTF8.self)),
            chain.isFor(key), let lifetime = chain.lifetime, lifetime.end > now
        else { return }
        found.append(Found(file: file, chain: chain, pem: pem, key: key, notAfter: lifetime.end))
    }

    /// Takes over the one that lasts longest of those that are for all names.
    /// - Parameter names: host names and addresses; the first is its name here.
    package func take(for names: [String]) throws -> Outcome {
        guard let name = names.first else { return .missing }
        let best = found.filter { one in names.allSatisfy { one.chain.names.cover(hostOrAddress: $0) } }
            .max { $0.notAfter < $1.notAfter }
        guard let best else { return .missing }
        if let present = try store.certificate(of: name)?.lifetime, present.end >= best.notAfter { return .kept }
        _ = try CertificateCheck.chain(best.pem, for: names, key: best.key, now: now)
        try store.save(best.pem, best.key, of: name)
        return .taken(file: best.file, notAfter: best.notAfter)
    }
}
