import EventLoop
import Logging
import TLS

/// What an operator asks for by a command, in a process of its own that runs nothing else.
extension Renewer {
    /// Revokes the certificate that there is, by the account that has ordered it.
    /// - Parameter reason: RFC 5280 §5.3.1.
    package func revoke(_ certificate: ManagedCertificate, reason: Int) async throws {
        guard let status = try statusOnDisk(certificate.name), let chain = try store.certificate(of: certificate.name) else {
            throw ACMEError.storage("there is no certificate of \(certificate.name)")
        }
        guard let authority = certificate.authorities.first(where: { $0.directory == status.issuedBy }), !authority.isLocal else {
            throw ACMEError.settings(
                "\(status.issuedBy ?? "nobody"), who issued it, revokes nothing that the configuration knows of")
        }
        try await call(authority) { client throws(ACMEError) in try await client.revoke(chain.leafDER, reason: reason) }
    }

    /// Gives the account with an authority another key.
    package func changeKey(with authority: Authority) async throws {
        try await call(authority) { client throws(ACMEError) in try await client.changeKey() }
    }

    /// The process that has the lock renews this certificate within a minute, or the next one that starts does.
    /// - Parameter name: its first host name.
    package func wish(for name: String) throws {
        try directory.write([], to: "\(StatePath.wishes)/\(StatePath.component(name.replacing("*", with: "_wildcard")))")
    }

    /// Takes what was wished for.
    func takeWishes() {
        let wishes = Set(directory.list(StatePath.wishes))
        guard !wishes.isEmpty else { return }
        for certificate in certificates {
            let file = StatePath.component(certificate.name.replacing("*", with: "_wildcard"))
            guard wishes.contains(file), let status = status(of: certificate) else { continue }
            statuses[certificate.name] = status
            statuses[certificate.name]?.nextTry = 0
            log.notice("a renewal is wished for", metadata: ["name": "\(certificate.name)"])
        }
        // Those of certificates that nobody wants any more go, too.
        for wish in wishes { try? directory.remove("\(StatePath.wishes)/\(wish)") }
    }

    private func statusOnDisk(_ name: String) throws(ACMEError) -> CertificateStatus? {
        guard case .status(let status) = try store.status(of: name) else { return nil }
        return status
    }

    private func call(
        _ authority: Authority, _ body: (ACMEClient) async throws(ACMEError) -> Void
    ) async throws(ACMEError) {
        let client = try client(for: authority)
        defer { client.calls.close() }
        try await body(client)
    }
}
