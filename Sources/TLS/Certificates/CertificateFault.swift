/// What will be said of a certificate by those whom it is shown to, or soon will be. Times in seconds since 1970.
package enum CertificateFault: Equatable, Sendable {
    /// Which certificate of a file.
    package enum Position: Equatable, Sendable {
        case leaf
        /// One behind the leaf, by its subject.
        case behind(subject: String)
    }

    case expired(Position, at: Int64)
    case notYetValid(Position, from: Int64)
    /// Within `CertificateChain.soon`, or the last quarter of its life.
    case expiresSoon(Position, at: Int64)
    /// The file ends with a certificate whose issuer is neither in it nor among the system's authorities.
    /// - Parameter isCertain: whether that issuer publishes its own certificate for those who miss it, as authorities that have
    ///   another one above them do. Else it may be a root of one's own, which clients have by other ways.
    case issuerMissing(issuer: String, isCertain: Bool)
    /// Fewer than 112 bits of security (NIST SP 800-57 Part 1, §5.6.1): clients refuse it, and it protects nobody.
    case weakKey(algorithm: String, bits: Int)
    /// The leaf's keyUsage or extendedKeyUsage leaves this out (RFC 5280 §4.2.1.3, §4.2.1.12).
    case unfit(for: PrivateKey.Usage)
    /// The leaf has no subject, and its subjectAltName is not critical, as it then has to be (RFC 5280 §4.2.1.6).
    case subjectMissing
    /// The leaf's key is of a kind that BoringSSL does not offer to verify: Chrome and gRPC refuse it.
    case rareKey(algorithm: String)
    /// The message that shows the chain has more bytes than Java takes (`jdk.tls.maxHandshakeMessageSize`, 32 KiB).
    case oversized(bytes: Int)
}
