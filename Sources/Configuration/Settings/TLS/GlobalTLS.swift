/// `[tls]`: what holds for TLS everywhere, towards clients and upstreams.
package struct GlobalTLS: Sendable, Equatable {
    /// Who protects the records of TLS 1.3 after the handshake; the raw value is the file's spelling.
    package enum Records: String, Sendable, CaseIterable {
        /// This program, with OpenSSL's ciphers, where the connection allows it.
        case own
        /// OpenSSL, always.
        case openSSL = "openssl"
    }

    package var records = Records.own
    /// Keys for session tickets that several gateways share; nil: each process makes its own.
    package var ticketKeys: String?
    /// Where the secrets of all sessions are written, to decrypt recordings with; nil: nowhere.
    package var keylogFile: String?
    /// How many certificates that are got by themselves are in memory at once.
    package var maxLoadedCertificates = 1000
    /// How long before its end a certificate is told to be in trouble.
    package var expiryThreshold = Duration.seconds(7 * 86_400)

    package init() {}
}

extension GlobalTLS {
    init(reading table: TableReader) {
        table.read("records", into: &records)
        table.read("ticket_keys", into: &ticketKeys)
        table.read("max_loaded_certificates", into: &maxLoadedCertificates, in: 16...1_000_000)
        table.readDuration("expiry_threshold", into: &expiryThreshold)
        if let file = table.string(["keylog_file"], allowEmpty: false) {
            keylogFile = file.value
            table.reading.warning(
                file, "the secrets of every TLS session are written there: who reads the file can read what was said",
                hint: "for a test alone; take it out, and remove the file, when you have seen what you wanted")
        }
        table.finish()
    }
}
