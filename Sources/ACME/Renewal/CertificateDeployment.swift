/// Where certificates and answers to challenges go: the gateway.
package protocol CertificateDeployment: Sendable {
    /// From when this returns on, every plain listener answers challenges (RFC 8555 §8.3) with these and no others.
    /// - Parameter answers: key authorizations by their tokens.
    func answer(_ answers: [String: String]) async
    /// Makes handshakes show the certificate of this file.
    /// - Returns: nil, or why it cannot be used.
    func use(_ name: String, file: String) async -> String?
    /// What is known of certificates by their names: those that are newer than what handshakes show are used.
    func follow(_ known: [String: CertificateStanding]) async
    /// A try to get it has failed.
    func failed(_ name: String) async
    /// What other gateways have told of certificates on demand.
    /// - Returns: wishes for sites that are not there.
    func apply(_ shared: SharedDemands) async -> [SharedDemands.Name]
    /// Makes handshakes of ACME's `acme-tls/1` for this name show the certificate of this file (RFC 8737), or none again.
    /// - Returns: nil, or why it cannot be used.
    func prove(_ name: String, file: String?) async -> String?
    /// How names can be proved by listeners of this process, the best way first.
    var challengeTypes: [ChallengeType] { get async }
}

/// What whoever shows a certificate needs to know of it.
package struct CertificateStanding: Sendable, Equatable {
    /// The end of the one in the file, in seconds since 1970; nil: there is none.
    package var notAfter: Int64?
    /// Has the last try to get the next one failed?
    package var fails: Bool
}
