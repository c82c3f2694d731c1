import EventLoop
package import TLS

/// A folder with an authority for development and what it has issued: `ca.crt`, `ca.key`, and a `.crt` and `.key` of each name.
///
/// An authority that is made here may issue for `LocalNames` alone, as a gateway's internal one; one that is there already is
/// used as it is.
package struct DevelopmentCertificates {
    /// What has come of asking for a certificate.
    package enum Outcome: Sendable, Equatable {
        case made
        /// One is there that is still good for a week, for these names, by this authority.
        case kept
    }

    /// What is to be issued.
    package struct Order: Sendable {
        /// Host names, lower case, also with an asterisk, and addresses without brackets. At least one.
        package var names: [String]
        package var usage = PrivateKey.Usage.server
        package var kind = PrivateKey.Kind.p256
        /// Seconds.
        package var life: Int64
        /// Is a new one to be made whatever is there?
        package var isAnew = false

        package init(names: [String], life: Int64) {
            self.names = names
            self.life = life
        }
    }

    private let folder: StateDirectory
    private let open: StateDirectory
    private let key: PrivateKey
    private let authority: CertificateChain
    /// Was the authority made just now?
    package let isNew: Bool

    private static let authorityLife: Int64 = 10 * 365 * 86_400
    /// A certificate that ends sooner is no longer good. Seconds.
    private static let soon: Int64 = 7 * 86_400

    /// - Parameters:
    ///   - path: the folder; it is made if it is not there.
    ///   - now: seconds since 1970.
    /// - Throws: what is wrong with the authority that is there; nothing is overwritten then.
    package init(in path: String, now: Int64) throws(ACMEError) {
        folder = StateDirectory(path)
        open = StateDirectory(path, isPublic: true)
        let base = folder.location(of: "ca")
        if let certificate = try folder.read("ca.crt"), let secret = try folder.read("ca.key") {
            guard let chain = CertificateChain(pem: String(decoding: certificate, as: UTF8.self)) else {
                throw .storage("\(base).crt holds no certificate")
            }
            authority = chain
            do throws(TLSError) { key = try PrivateKey(pem: String(decoding: secret, as: UTF8.self)) } catch {
                throw .storage("\(base).key holds no key: \(error.reason)")
            }
            guard chain.isFor(key) else { throw .storage("\(base).key is of another certificate than \(base).crt") }
            guard (chain.lifetime?.end ?? 0) > now + Self.soon else {
                throw .storage("\(base).crt ends within a week: remove it and \(base).key, and let clients trust the new one")
            }
            isNew = false
            return
        }
        do throws(TLSError) {
            key = try PrivateKey(.p256)
            // The random part tells one machine's authority from another's in a list of those that are trusted.
            let mark = String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16)
            let pem = try key.authorityCertificate(
                name: "Gatehouse local CA \(mark)", hosts: LocalNames.hosts, blocks: LocalNames.blocks,
                seconds: Self.authorityLife)
            guard let chain = CertificateChain(pem: pem) else { throw TLSError(.system, "memory is out") }
            authority = chain
        } catch {
            throw .storage("no authority can be made: \(error.reason)")
        }
        // Never over a certificate or key that is alone: it may be somebody's.
        for (name, text, to) in [("ca.key", key.pem, folder), ("ca.crt", authority.leafPEM, open)] {
            guard try to.create(Array(text.utf8), at: name) else {
                throw .storage("\(folder.location(of: name)) is there without its other half: move it away, or complete it")
            }
        }
        isNew = true
    }

    /// Where the authority's certificate is.
    package var authorityFile: String { folder.location(of: "ca.crt") }

    /// The files for an order, without ".crt" and ".key": of its first name, an asterisk as an underscore.
    package func stem(of order: Order) -> String {
        folder.location(of: Self.fileName(order.names.first ?? ""))
    }

    private static func fileName(_ name: String) -> String { name.replacing("*", with: "_").replacing(":", with: "-") }

    /// Looks whether an authority may issue what is ordered, before one is made for that.
    /// - Throws: the name that it may not issue for.
    package static func check(_ order: Order) throws(ACMEError) {
        if let name = order.names.first(where: { !LocalNames.contain($0) }) {
            // As one names the person that a client's certificate is for.
            let meant = name.contains(".") || name.contains(":") ? "" : "; \(name).internal would be one"
            throw .settings("certificates for development are for \(LocalNames.summary), not for \(name)\(meant)")
        }
        if fileName(order.names.first ?? "") == "ca" { throw .settings("the name \"ca\" is the authority's own") }
    }

    /// Writes a certificate and its key, unless good ones are there.
    /// - Parameter now: seconds since 1970.
    /// - Throws: a name that the authority may not issue for, or what cannot be written.
    package func issue(_ order: Order, now: Int64) throws(ACMEError) -> Outcome {
        try Self.check(order)
        let name = Self.fileName(order.names.first ?? "")
        if !order.isAnew, isGood(name, order, now) { return .kept }
        do throws(TLSError) {
            let secret = try PrivateKey(order.kind)
            let end = min(order.life, (authority.lifetime?.end ?? now) - now)
            let pem = try key.certificate(
                for: secret, usage: order.usage, commonName: Self.commonName(order.names), names: order.names,
                authority: authority, seconds: end)
            try write(name, secret.pem, pem)
        } catch {
            throw .storage(error.reason)
        }
        return .made
    }

    /// The subject's common name, for people; clients read the other names.
    private static func commonName(_ names: [String]) -> String? {
        names.first { !$0.contains("*") && !$0.contains(":") && $0.utf8.count <= 64 && LocalNames.isHost($0) }
    }

    private func write(_ name: String, _ secret: String, _ certificate: String) throws(TLSError) {
        do throws(ACMEError) {
            try folder.write(Array(secret.utf8), to: "\(name).key")
            try open.write(Array(certificate.utf8), to: "\(name).crt")
        } catch {
            throw TLSError(.system, "\(error)")
        }
    }

    private func isGood(_ name: String, _ order: Order, _ now: Int64) -> Bool {
        guard let certificate = try? folder.read("\(name).crt"), let secret = try? folder.read("\(name).key"),
            let chain = CertificateChain(pem: String(decoding: certificate, as: UTF8.self)),
            let held = try? PrivateKey(pem: String(decoding: secret, as: UTF8.self)), chain.isFor(held),
            chain.isSigned(by: authority), chain.isFor(order.usage), (chain.lifetime?.end ?? 0) > now + Self.soon
        else { return false }
        let covered = chain.names
        return order.names.allSatisfy { covered.cover(hostOrAddress: $0) || covered.hosts.contains($0) }
    }
}
