import TLS
import Transport

/// Whether what an authority has issued is what was asked for: it is checked before any client sees it.
enum CertificateCheck {
    /// Of a chain: clients end the handshake over more, OpenSSL's over 100 KiB, others over fewer certificates. None that is in
    /// use comes near.
    private static let maxChain = (certificates: 10, bytes: 64 * 1024)

    /// - Parameters:
    ///   - pem: as it was sent.
    ///   - now: seconds since 1970.
    ///   - before: the chain in use; nil: there is none.
    /// - Throws: `.wrongCertificate`, saying what is wrong.
    static func chain(
        _ pem: String, for names: [String], key: PrivateKey, now: Int64, before: CertificateChain? = nil
    ) throws(ACMEError) -> (chain: CertificateChain, notBefore: Int64, notAfter: Int64) {
        guard let chain = CertificateChain(pem: pem) else { throw .wrongCertificate("there is no certificate in the answer") }
        guard chain.count <= maxChain.certificates, pem.utf8.count <= maxChain.bytes else {
            throw .wrongCertificate(
                "its chain is too long for clients: \(chain.count) certificates, \(pem.utf8.count) bytes, where at most "
                    + "\(maxChain.certificates) and \(maxChain.bytes) are taken")
        }
        // RFC 8555 §9.1: nothing else may be among them.
        // RFC 7468 §3 allows each way to end a line.
        let blocks = pem.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("-----BEGIN ") }
        guard blocks.count == chain.count, blocks.allSatisfy({ $0.contains("BEGIN CERTIFICATE-----") }) else {
            throw .wrongCertificate("the chain holds what is no certificate")
        }
        guard chain.isFor(key) else { throw .wrongCertificate("it is for another key") }
        let covered = chain.names
        if let missing = names.first(where: { !covered.cover(hostOrAddress: $0) }) {
            let others = covered.hosts.isEmpty ? "others" : covered.hosts.prefix(10).joined(separator: ", ")
            throw .wrongCertificate("it is not for \(missing), but for \(others)")
        }
        guard chain.isFor(.server) else { throw .wrongCertificate("it is not for servers (RFC 5280 §4.2.1.12)") }
        guard chain.isLinked else { throw .wrongCertificate("its chain does not hang together") }
        if let before, before.count > 1, chain.count == 1, chain.issuer == before.issuer {
            throw .wrongCertificate("its chain lacks the certificate of \(chain.issuer), which the one in use has")
        }
        guard let (start, end) = chain.lifetime else { throw .wrongCertificate("its dates cannot be read") }
        guard end > now else { throw .wrongCertificate("it has expired; or is this machine's clock wrong?") }
        guard start < now + 86_400 else {
            throw .wrongCertificate("it is not valid for more than a day yet; or is this machine's clock wrong?")
        }
        return (chain, start, end)
    }
}

extension CertificateNames {
    /// - Parameter name: a host name, or an address without brackets.
    func cover(hostOrAddress name: String) -> Bool {
        SocketAddress(literal: name, port: 0).map { cover(address: $0.bytes) } ?? cover(host: name)
    }
}
