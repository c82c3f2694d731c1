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
    package var minVersion = Version.tls12
    /// What is spoken, by the names of RFC 7301 §6; the preferred one first.
    package var alpn = ["h2", "http/1.1"]
    package var autoCert = false
    package var domains: [String] = []
    package var acme = ACMESettings()
}

/// `[sites.ssl.acme]`.
package struct ACMESettings: Sendable, Equatable {
    package var enabled = false
    package var email = ""
    package var staging = false
    package var challengeDir: String?

    package init() {}
}
