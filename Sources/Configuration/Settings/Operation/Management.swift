/// `[management]`: the operator's own listener, over TCP.
package struct Management: Sendable, Equatable {
    package var enabled = false
    package var host = "127.0.0.1"
    package var port = 7654
    /// What the `X-API-Key` field must say of who may do everything; nil: nobody has such a key.
    package var apiKey: String?
    /// The key of who may look and change nothing; nil: there is none.
    package var readKey: String?
    /// Host names by which it may be asked, besides addresses and `localhost`.
    package var hostnames: [String] = []
    /// PEM; nil: it speaks plain HTTP.
    package var certFile: String?
    package var keyFile: String?
    /// PEM file of the authorities that clients' certificates must lead to; nil: none is asked for.
    package var clientCaFile: String?

    package init() {}

    /// Does nobody but this machine reach it?
    package var isLoopback: Bool { IPAddressText.isLoopback(host) }
}

extension Management {
    /// Shorter ones can be found by trying.
    private static let minKeyBytes = 16

    init(reading table: TableReader) {
        table.read("enabled", into: &enabled)
        if let text = table.string(["host"], allowEmpty: false) {
            if text.value == "localhost" || IPAddressText.isAddress(text.value) {
                host = text.value
            } else {
                table.reading.error(text, "\"\(text.value)\" is not an IP address", hint: "such as \"127.0.0.1\" or \"::1\"")
            }
        }
        table.read("port", into: &port, in: 1...65_535)
        apiKey = Self.key("api_key", table)
        readKey = Self.key("read_key", table)
        for name in table.strings(["hostnames"]) ?? [] {
            switch HostName.checkSiteName(name.value) {
            case .success(let hostname): hostnames.append(hostname)
            case .failure(let fault):
                table.reading.error(name, "\"\(name.value)\" is not a host name: \(fault.reason)", hint: fault.hint)
            }
        }
        table.read("cert_file", into: &certFile)
        table.read("key_file", into: &keyFile)
        table.read("client_ca_file", into: &clientCaFile)
        checkTogether(table)
        table.finish()
        table.warnIdle(isOn: enabled, "nothing listens")
    }

    private static func key(_ name: String, _ table: TableReader) -> String? {
        guard let text = table.string([name], allowEmpty: false) else { return nil }
        if text.value.utf8.count < minKeyBytes || !text.value.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) {
            table.reading.error(
                text, "is no key: \(minKeyBytes) or more printable characters without a blank are one",
                hint: "such as the output of openssl rand -hex 16")
        }
        return text.value
    }

    private func checkTogether(_ table: TableReader) {
        table.checkPair("cert_file", "key_file")
        if clientCaFile != nil, certFile == nil {
            table.error(
                at: "client_ca_file", "does nothing: clients without TLS show no certificate",
                hint: "write cert_file and key_file")
        }
        if let apiKey, apiKey == readKey {
            table.error(at: "read_key", "is the api_key: who has it could do everything", hint: "take another one")
        }
        guard enabled else { return }
        if apiKey == nil, clientCaFile == nil {
            table.error(
                at: "enabled", "nothing would protect it",
                hint: "set management.api_key, or client_ca_file with cert_file and key_file")
        }
        if !isLoopback, certFile == nil {
            table.error(
                at: "host", "others than this machine can reach it, and its keys would travel in plain text",
                hint: "set cert_file and key_file, or listen on 127.0.0.1")
        }
    }
}

extension ConfigurationReference {
    static let managementSection = Section(
        "management",
        "The [admin API](admin.md#over-tcp) over TCP, with BWS's paths. A change waits for the next start.",
        [
            Key("enabled", "boolean", .value("false"), "Whether it listens."),
            Key(
                "host", "IP address or `localhost`", .value("\"127.0.0.1\""),
                "Where it listens. One that others than this machine can reach needs `cert_file`."),
            Key("port", "1 to 65535", .value("7654"), "Its port."),
            Key(
                "api_key", "text, 16 characters or more", .none("none"),
                """
                What a request must show to do anything: `X-API-Key: KEY`, or `Authorization: Bearer KEY`. Needed, unless \
                `client_ca_file` asks for certificates.
                """),
            Key("read_key", "text, 16 characters or more", .none("none"), "The same for who may look and change nothing."),
            Key(
                "hostnames", "list of names", .value("[]"),
                """
                Names in `Host` that are taken besides IP addresses and `localhost`: no other name can be made to stand for \
                this machine by a web page.
                """),
            Key("cert_file", "PEM file", .none("plain HTTP"), "Its certificate, with the chain."),
            Key("key_file", "PEM file", .none("none"), "The certificate's key."),
            Key(
                "client_ca_file", "PEM file", .none("no certificates are asked for"),
                """
                Only clients whose certificate one of these authorities has issued are spoken to. Without keys a certificate is \
                enough to do everything.
                """),
        ])
}
