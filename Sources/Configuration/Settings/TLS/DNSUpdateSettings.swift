/// `[sites.ssl.acme.dns_update]`: the DNS server that takes records which prove names.
package struct DNSUpdateSettings: Sendable, Equatable {
    /// An address, with a port or not.
    package var server: String
    /// The zone's name.
    package var zone: String
    package var keyName: String
    /// base64.
    package var keySecret: String
    /// Until the zone's other servers have a record, too.
    package var wait = Duration.zero

    /// - Returns: nil if the table is not written, or lacks something, which is reported.
    static func read(_ table: TableReader) -> DNSUpdateSettings? {
        let names = ["server", "zone", "key_name", "key_secret"]
        let texts = names.map { table.string([$0], allowEmpty: false)?.value }
        var wait = Duration.zero
        table.readDuration("wait", into: &wait, orZero: true)
        table.finish()
        guard table.isWritten else { return nil }
        for (name, hint) in zip(names, ["such as \"192.0.2.53:53\"", "such as \"example.com\"", "of TSIG", "of TSIG, base64"])
        where !table.has(name) {
            table.missing(name, hint: hint)
        }
        let given = texts.compactMap { $0 }
        guard given.count == names.count else { return nil }
        return DNSUpdateSettings(server: given[0], zone: given[1], keyName: given[2], keySecret: given[3], wait: wait)
    }
}
