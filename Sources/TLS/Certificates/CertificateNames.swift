/// The hosts that a certificate is for: its subjectAltName (RFC 9525 §6). The common name counts for nothing: clients have ceased
/// to look at it (RFC 9525 §2).
package struct CertificateNames: Equatable, Sendable {
    /// Lower case; `*.example.com` stands for one label more.
    package var hosts: [String]
    /// IP addresses of 4 or 16 bytes, in network order.
    package var addresses: [[UInt8]]

    package init(hosts: [String] = [], addresses: [[UInt8]] = []) {
        self.hosts = hosts.map { $0.lowercased() }
        self.addresses = addresses
    }

    /// Would a client that asked for this host accept the certificate?
    /// - Parameter host: lower case, without a dot at its end. A wildcard asks for every name that it stands for.
    package func cover(host: String) -> Bool {
        if hosts.contains(host) { return true }
        guard let dot = host.firstIndex(of: ".") else { return false }
        return hosts.contains("*" + host[dot...])
    }

    /// Would a client that asked for this address accept it? RFC 9525 §6.5: an address is compared with addresses alone.
    package func cover(address: [UInt8]) -> Bool { addresses.contains(address) }
}
