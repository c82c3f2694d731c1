extension TLSSettings {
    /// Versions, suites and groups as Mozilla publishes them ("Server Side TLS", version 6.0); the raw value is the file's
    /// spelling.
    package enum Preset: String, Sendable, CaseIterable {
        /// TLS 1.3 alone.
        case modern
        /// TLS 1.2 and 1.3, for clients of the last ten years.
        case intermediate

        private static let newest = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]

        /// The preset's cipher suites by OpenSSL's names.
        package var suites: [String] {
            guard self == .intermediate else { return Self.newest }
            return Self.newest + [
                "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
            ]
        }

        /// By OpenSSL's names; the first one only where it has it (3.5).
        package static let groups = ["X25519MLKEM768", "X25519", "P-256", "P-384"]
    }

    /// Reads what is said of versions, suites and groups.
    mutating func readPolicy(_ table: TableReader) {
        if table.has("policy") {
            var chosen = Preset.intermediate
            table.read("policy", into: &chosen)
            preset = chosen
            if chosen == .modern { minVersion = .tls13 }
        } else {
            _ = table.string(["policy"])
        }
        table.read("min_version", "min_tls_version", into: &minVersion)
        table.read("max_version", "max_tls_version", into: &maxVersion)
        suites = table.suites("suites")
        groups = table.suites("groups")
        table.read("strict_sni", into: &strictSNI)
        checkVersions(table)
        checkSuites(table)
    }

    private func checkVersions(_ table: TableReader) {
        if minVersion == .tls13, maxVersion == .tls12 {
            let key = table.has("max_version") ? "max_version" : "max_tls_version"
            table.reading.report(
                .error, "\(table.path).max_version", at: table.position(of: key),
                "is older than min_version: nobody could connect")
        }
        if preset == .modern, minVersion == .tls12 || maxVersion == .tls12 {
            table.error(
                at: "policy", "\"modern\" is TLS 1.3 alone",
                hint: "write policy = \"intermediate\" to speak TLS 1.2")
        }
    }

    /// A version without any suite is a version that is off: that is to be said by the versions.
    private func checkSuites(_ table: TableReader) {
        guard let suites, !suites.isEmpty else { return }
        let hasNewer = suites.contains { $0.hasPrefix("TLS_") }
        let hasOlder = suites.contains { !$0.hasPrefix("TLS_") }
        let position = table.position(of: "suites")
        if maxVersion == .tls13, !hasNewer {
            table.reading.report(
                .error, "\(table.path).suites", at: position, "has none of TLS 1.3",
                hint: "add \"TLS_AES_128_GCM_SHA256\", or write max_version = \"1.2\"")
        }
        if minVersion == .tls12, !hasOlder {
            table.reading.report(
                .error, "\(table.path).suites", at: position, "has none of TLS 1.2",
                hint: "add such as \"ECDHE-ECDSA-AES128-GCM-SHA256\", or write min_version = \"1.3\"")
        }
    }
}
