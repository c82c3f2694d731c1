/// Where certificates and answers to challenges go: the gateway.
package protocol CertificateDeployment: Sendable {
    /// From when this returns on, every plain listener answers challenges (RFC 8555 §8.3) with these and no others.
    /// - Parameter answers: key authorizations by their tokens.
    func answer(_ answers: [String: String]) async
    /// Has handshakes show the certificate of this file from now on.
    /// - Returns: nil, or why it cannot be used.
    func use(_ name: String, file: String) async -> String?
    /// Does a plain listener answer, on whichever port?
    var answersHTTP: Bool { get async }
}
