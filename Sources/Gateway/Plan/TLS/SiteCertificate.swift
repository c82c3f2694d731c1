package import TLS

/// A TLS site's certificate: where it is from, and where it is shown.
package struct SiteCertificate: Sendable {
    /// The site's name, for log lines.
    package let site: String
    /// The site's key path: "sites[2]".
    package let keyPath: String
    /// PEM: the chain, the leaf first.
    package let certificateFile: String
    /// PEM, without a passphrase.
    package let keyFile: String
    /// What it is called among those that ACME gets; nil if it is the operator's.
    package let managedName: String?
    /// What handshakes use. ``TLSServerContext/replaceCertificate(certificateFile:keyFile:)`` has new ones show another
    /// certificate: no reload is needed, and no connection notices.
    package let context: TLSServerContext
    /// What is in use of the files; nil if they are not looked at.
    package let loaded: LoadedCertificate?
    /// Files whose change is used without a reload: also those that clients' certificates are verified by.
    package var watchedFiles: [String] { loaded?.source.files ?? [] }
    /// The site's names.
    let hostnames: [String]
}
