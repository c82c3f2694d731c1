/// How a name is proved (RFC 8555 §8, RFC 8737), by its name in ACME.
package enum ChallengeType: String, Sendable {
    /// A file at a path of the host's plain site.
    case http01 = "http-01"
    /// A certificate that is shown in a handshake.
    case tlsALPN01 = "tls-alpn-01"
    /// A record of the name, also for names with an asterisk.
    case dns01 = "dns-01"
}
