/// `[tracing]`: spans of requests, for OpenTelemetry.
package struct Tracing: Sendable, Equatable {
    /// Who takes spans: OTLP over HTTP. nil: there are none.
    package var endpoint: Endpoint?
    /// How the gateway is called there; nil: `server.name`.
    package var serviceName: String?
    /// One trace in so many of those that begin here is sampled.
    package var sampleOneIn = 1
    /// An exchange that takes so long is sent in any case.
    package var slow = Duration.seconds(1)
    /// PEM file of the authorities that the endpoint's certificate may lead to; nil: the system's.
    package var caFile: String?

    /// An address on the web.
    package struct Endpoint: Sendable, Equatable {
        package var isTLS: Bool
        /// A name, or an address without brackets.
        package var host: String
        package var port: UInt16
        /// The path with its query.
        package var target: String

        /// `Host` as a request has it.
        package var authority: String {
            let name = host.contains(":") ? "[\(host)]" : host
            return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
        }
    }

    package init() {}
}

extension Tracing {
    init(reading table: TableReader) {
        if let text = table.string(["endpoint"], allowEmpty: false) {
            endpoint = Endpoint(text.value)
            if endpoint == nil {
                table.reading.error(
                    text, "\"\(text.value)\" is no http or https URL", hint: "such as \"http://127.0.0.1:4318/v1/traces\"")
            }
        }
        table.read("service_name", into: &serviceName)
        table.read("sample_one_in", into: &sampleOneIn, in: 1...1_000_000)
        table.readDuration("slow", into: &slow, orZero: true)
        table.read("ca_file", into: &caFile)
        if !table.has("endpoint") {
            for (key, isWritten) in [("service_name", serviceName != nil), ("ca_file", caFile != nil)] where isWritten {
                table.error(
                    at: key, "does nothing without tracing.endpoint",
                    hint: "set endpoint, or take it out")
            }
        }
        table.finish()
    }
}

extension Tracing.Endpoint {
    /// Nil if it is no URL of an HTTP server without user and fragment.
    init?(_ text: String) {
        guard let scheme = text.firstRange(of: "://"), ["http", "https"].contains(text[..<scheme.lowerBound]),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), !text.contains("#")
        else { return nil }
        isTLS = text.hasPrefix("https")
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let path = rest.dropFirst(authority.count)
        target = path.isEmpty ? "/v1/traces" : path.hasPrefix("/") ? String(path) : "/\(path)"
        guard !authority.contains("@"),
            let (host, port) = Logging.SyslogReceiver.hostAndPort(authority, isTLS ? 443 : 80)
        else { return nil }
        (self.host, self.port) = (host, port)
    }
}

extension ConfigurationReference {
    static let tracingSection = Section(
        "tracing", "Spans of requests, for OpenTelemetry ([Tracing](tracing.md)).",
        [
            Key(
                "endpoint", "URL", .none("no spans"),
                """
                Who takes them: OTLP over HTTP, as JSON. Without a path it is `/v1/traces`. A collector listens at port 4318 \
                as a rule.
                """),
            Key("service_name", "text", .none("`server.name`"), "`service.name` of the spans."),
            Key(
                "sample_one_in", "1 to 1000000", .value("1"),
                """
                Of traces that begin here one in so many is sampled. Those of trusted proxies go on as they were begun. Answers \
                of 5xx, and slow ones, are sent in any case.
                """),
            Key("slow", "duration", .value("1"), "From when on an exchange is slow."),
            Key(
                "ca_file", "PEM file", .none("the system's authorities"),
                "Who may have issued the endpoint's certificate. Read with each connection."),
        ])
}
