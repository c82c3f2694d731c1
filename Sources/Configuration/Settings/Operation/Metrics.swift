/// `[metrics]`: what is counted, and who may read it.
package struct Metrics: Sendable, Equatable {
    /// Where scrapers are answered besides the admin socket.
    package struct Listen: Sendable, Equatable {
        /// An address without brackets.
        package var address: String
        package var port: Int
        /// Does nobody but this machine reach it?
        package var isLoopback: Bool
    }

    package var enabled = true
    /// nil: at the admin socket alone.
    package var listen: Listen?
    /// What a scraper has to show at `listen`; nil: nothing.
    package var token: String?
    /// Routes and servers that may have series of their own.
    package var maxLabelSets = 2000

    package init() {}
}

extension Metrics {
    /// Shorter ones can be found by trying.
    private static let minTokenBytes = 16

    init(reading table: TableReader) {
        table.read("enabled", into: &enabled)
        if let text = table.string(["listen"], allowEmpty: false) {
            listen = Listen(text.value)
            if listen == nil {
                table.reading.error(
                    text, "\"\(text.value)\" is no address and port", hint: "write it like \"127.0.0.1:9145\" or \"[::1]:9145\"")
            }
        }
        if let text = table.string(["token"], allowEmpty: false) {
            token = text.value
            if text.value.utf8.count < Self.minTokenBytes || !text.value.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) {
                table.reading.error(
                    text, "is no token: \(Self.minTokenBytes) or more printable characters without a blank are one",
                    hint: "such as the output of openssl rand -hex 16")
            }
        }
        table.read("max_label_sets", into: &maxLabelSets, in: 1...100_000)
        checkTogether(table)
        table.finish()
    }

    private func checkTogether(_ table: TableReader) {
        if let listen, !listen.isLoopback, token == nil {
            table.error(
                at: "listen", "others than this machine can reach it, and nothing protects it",
                hint: "set metrics.token, or listen on 127.0.0.1")
        }
        if token != nil, listen == nil {
            table.error(
                at: "token", "does nothing without metrics.listen",
                hint: "who may ask at the admin socket is settled by its mode")
        }
        if listen != nil, !enabled {
            table.error(at: "listen", "does nothing: metrics.enabled is false", hint: "take one of them out")
        }
    }
}

extension Metrics.Listen {
    /// `127.0.0.1:9145` or `[::1]:9145`; nil if it is no such thing.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65_535).contains(port)
        else { return nil }
        var address = String(text[..<colon])
        let isBracketed = address.hasPrefix("[") && address.hasSuffix("]")
        if isBracketed { address = String(address.dropFirst().dropLast()) }
        guard IPAddressText.isAddress(address), address.contains(":") == isBracketed else { return nil }
        self.address = address
        self.port = port
        isLoopback = IPAddressText.isLoopback(address)
    }
}

extension ConfigurationReference {
    static let metricsSection = Section(
        "metrics", "What is counted, for Prometheus and its like ([Metrics](metrics.md)).",
        [
            Key("enabled", "boolean", .value("true"), "Whether anything is counted."),
            Key(
                "listen", "`ADDRESS:PORT`", .none("at the admin socket alone"),
                """
                Where `GET /metrics` is answered over plain HTTP. An address that others than this machine can reach needs \
                `token`. A change waits for the next start.
                """),
            Key(
                "token", "text, 16 characters or more", .none("no token"),
                """
                What a scraper must show there: `Authorization: Bearer TOKEN`. Without it, only a request for an IP address or \
                for `localhost` is answered, so that no web page can have a browser ask. A change waits for the next start.
                """),
            Key(
                "max_label_sets", "1 to 100000", .value("2000"),
                """
                Routes and servers that have series of their own; what is beyond them is counted together, as `site="other"`. \
                A route costs about 1.5 KB of memory.
                """),
        ])
}
