/// `[sites.ssl]` with `enabled = true`.
package struct TLSSettings: Sendable, Equatable {
    /// A protocol version; the raw value is the file's spelling.
    package enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// PEM, the leaf first. As the file writes it: a relative path starts at the working directory.
    package var certFile: String
    /// PEM.
    package var keyFile: String
    /// Its first line is the key's passphrase, or the PIN of its store; nil: it has none.
    package var passphraseFile: String?
    /// Further certificates, with other kinds of keys.
    package var certificates: [Certificate] = []
    package var minVersion = Version.tls12
    package var maxVersion = Version.tls13
    /// nil: Gatehouse's own choice.
    package var preset: Preset?
    /// Cipher suites of all versions by OpenSSL's names, the preferred one first; nil: the preset's, or Gatehouse's.
    package var suites: [String]?
    /// Groups for the key exchange by OpenSSL's names, the preferred one first; nil: the preset's, or Gatehouse's.
    package var groups: [String]?
    /// Is a client refused that asks for no name, or for one that no site has? The same for all sites of a listener.
    package var strictSNI = false
    package var clientAuthentication = ClientAuthenticationSettings()
    package var stapling = StaplingSettings()
    /// What is spoken, by the names of RFC 7301 §6; the preferred one first.
    package var alpn = ["h2", "http/1.1"]
    /// Is the certificate to be got by ACME? Then no file is named.
    package var autoCert = false
    /// Host names in that certificate besides the site's; lower case.
    package var domains: [String] = []
    package var acme = ACMESettings()
    /// Whom that certificate is of; nil: the names say.
    package var issuer: Issuer?
    /// Are certificates got for names that clients ask for? Nil: for the site's names alone.
    package var onDemand: OnDemand?

    /// Who issues a certificate; the raw value is the file's spelling.
    package enum Issuer: String, Sendable, CaseIterable {
        /// An authority that is asked by ACME.
        case acme
        /// The one in the state directory.
        case internalCA = "internal"
    }
}

extension TLSSettings {
    /// One of `[[sites.ssl.certificates]]`.
    package struct Certificate: Sendable, Equatable {
        package var certFile: String
        package var keyFile: String
        package var passphraseFile: String?
    }

    /// All of them, the first one first.
    package var allCertificates: [Certificate] {
        [Certificate(certFile: certFile, keyFile: keyFile, passphraseFile: passphraseFile)] + certificates
    }
}

/// `[sites.ssl.acme]`.
package struct ACMESettings: Sendable, Equatable {
    /// Does the file have this table?
    package var isWritten = false
    /// The account's address; empty: none is given.
    package var email = ""
    /// Is Let's Encrypt's test service to be asked?
    package var staging = false
    /// Where answers to challenges are put as files too; nil: nowhere.
    package var challengeDir: String?
    /// The URL of the authority's directory; nil: Let's Encrypt's.
    package var directory: String?
    /// URLs of directories that are asked when that one fails.
    package var fallback: [String] = []
    /// PEM, with the CAs that the authority's own certificate may lead to; nil: the system's.
    package var caFile: String?
    /// An account of other means with the authority (RFC 8555 §7.3.4); both or none.
    package var eabKid: String?
    package var eabHmacKey: String?
    /// The kind of the certificate's own key.
    package var keyType = KeyType.p256
    /// The common name of the root that the chain is to lead to; nil: the authority's first choice.
    package var preferredChain: String?
    /// Which of the authority's kinds of certificates is ordered; nil: its choice.
    package var profile: String?
    /// A program that puts records into DNS; nil: names are proved by http-01 and tls-alpn-01.
    package var dnsHook: String?
    /// How long one run of it may take.
    package var dnsHookTimeout = Duration.seconds(300)
    /// A DNS server that takes them; nil: as above.
    package var dnsUpdate: DNSUpdateSettings?

    /// The kind of a certificate's key; the raw value is the file's spelling.
    package enum KeyType: String, Sendable, CaseIterable {
        case p256
        case p384
        case rsa
    }

    package init() {}
}
