import COpenSSL

/// What a probe offers to a server in one handshake.
package struct ProbeOffer {
    /// The versions, by OpenSSL's names.
    package enum Version: String, Sendable, CaseIterable {
        case tls10 = "TLSv1"
        case tls11 = "TLSv1.1"
        case tls12 = "TLSv1.2"
        case tls13 = "TLSv1.3"

        var number: Int32 {
            switch self {
            case .tls10: TLS1_VERSION
            case .tls11: TLS1_1_VERSION
            case .tls12: TLS1_2_VERSION
            case .tls13: TLS1_3_VERSION
            }
        }
    }

    /// Nil: what the library offers by itself.
    package var version: Version?
    /// Up to TLS 1.2, as `openssl ciphers` reads it; nil: the library's.
    package var suites: String?
    /// The cipher suites of TLS 1.3 that are offered; nil: the library's.
    package var suites13: String?
    /// A name of one group; nil: the library's.
    package var group: String?
    /// The protocols that are offered by ALPN; empty: no ALPN.
    package var protocols: [String] = []
    /// Are old versions, short keys and weak suites offered, too, so that it is seen whether a server takes them?
    package var isPermissive = false
    package var session: ProbeSession?

    package init() {}
}

/// A session to resume.
/// `@safe`: the reference is owned here, freed in `deinit`, and lent to a probe, which takes one of its own (SSL_set_session(3)).
/// It is not `Sendable`, nor is an offer that has one: probes with one session follow each other on one thread.
@safe package final class ProbeSession {
    let session: OpaquePointer

    init(owning session: OpaquePointer) {
        unsafe self.session = session
    }

    deinit {
        unsafe SSL_SESSION_free(session)
    }
}

/// Whom a probe speaks to, and what it trusts.
package struct ProbeTarget: Sendable {
    /// The host name or address for SNI and for the certificate's check.
    package var serverName: String
    /// PEM; nil: the system's authorities.
    package var caFile: String?
    package var clientCertificateFile: String?
    package var clientKeyFile: String?

    package init(serverName: String) { self.serverName = serverName }
}

/// What came of a handshake.
package struct ProbeAnswer: Sendable {
    package var facts: TLSFacts
    /// The certificates in PEM, as the server sent them, the leaf first.
    package var chain: String
    /// Why OpenSSL does not believe the certificate, in its words; nil if it does.
    package var verification: String?
    /// All that is wrong with it, that first, in the same words; of another certificate's dates with whose they are. Empty if
    /// nothing is.
    package var faults: [String]
    package var staple: Staple
    package var asksForCertificate: Bool

    /// What the server's OCSP answer says of the certificate; its signature is not looked at.
    package enum Staple: String, Sendable {
        case none, useless, good, revoked, unknown
        case ofAnother = "of another certificate"
        /// It has expired, or holds from later on.
        case untimely = "not in its time"
    }
}
