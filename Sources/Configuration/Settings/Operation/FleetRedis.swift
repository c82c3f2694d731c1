/// `[fleet.redis]`: rate limits that count over all members of the fleet.
package struct FleetRedis: Sendable, Equatable {
    /// What a member lets in while nobody counts for all.
    package enum Away: String, Sendable, CaseIterable {
        /// As many requests as each limit says.
        case whole
        /// A member's share of that, so that all members together let in no more.
        case share
    }

    /// URLs of Redis and its replicas, in the order of the file: `redis://HOST:PORT`, `rediss://HOST:PORT` with TLS.
    package var redisEndpoints: [String] = []
    /// PEM file of the authorities that its certificate may lead to; nil: the system's.
    package var redisCaFile: String?
    /// PEM: what is shown to it; nil: nothing.
    package var redisCertFile: String?
    package var redisKeyFile: String?
    /// nil: Redis's user `default`.
    package var redisUser: String?
    package var redisPasswordFile: String?
    /// What keys in Redis begin with.
    package var keyPrefix = "gatehouse:"
    /// How long connecting may take, and each question.
    package var redisTimeout = Duration.milliseconds(250)
    /// The time between two questions.
    package var redisInterval = Duration.milliseconds(5)
    package var whenAway = Away.whole
}

extension FleetRedis {
    /// - Returns: nil if the table is not written, or lacks what it needs, which is reported.
    static func read(_ table: TableReader) -> FleetRedis? {
        let settings = FleetRedis(table)
        guard table.isWritten else { return nil }
        if !table.has("endpoints") { table.missing("endpoints") }
        settings.checkTogether(table)
        table.finish()
        return settings
    }

    private init(_ table: TableReader) {
        redisEndpoints = (table.strings(["endpoints"]) ?? []).compactMap { Self.endpoint($0, table) }
        table.read("ca_file", into: &redisCaFile)
        table.read("cert_file", into: &redisCertFile)
        table.read("key_file", into: &redisKeyFile)
        table.read("user", into: &redisUser)
        table.read("password_file", into: &redisPasswordFile)
        table.read("prefix", into: &keyPrefix)
        table.read("when_away", into: &whenAway)
        table.readDuration("timeout", into: &redisTimeout)
        table.readDuration("interval", into: &redisInterval)
        for (key, value, most) in [("timeout", redisTimeout, 10), ("interval", redisInterval, 1)]
        where value < .milliseconds(1) || value > .seconds(most) {
            table.error(
                at: key, "is out of range: 1 ms to \(most) s",
                hint: "\(key) = \"\(key == "timeout" ? 250 : 5)ms\"")
        }
        if !keyPrefix.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) || keyPrefix.utf8.count > 64 {
            table.error(at: "prefix", "is no prefix: up to 64 characters of ASCII, and no spaces", hint: "such as \"gatehouse:\"")
        }
    }

    /// What connects to it is found as for http and https.
    package static func webURL(of endpoint: String) -> String? {
        for (scheme, other) in [("redis://", "http://"), ("rediss://", "https://")] where endpoint.hasPrefix(scheme) {
            let authority = endpoint.dropFirst(scheme.count)
            guard !authority.contains("/"), !authority.contains("?"), !authority.contains("@") else { return nil }
            let hasPort = authority.last != "]" && authority.contains(":")
            return other + authority + (hasPort ? "" : ":6379")
        }
        return nil
    }

    private static func endpoint(_ text: Written<String>, _ table: TableReader) -> String? {
        guard let url = webURL(of: text.value), let endpoint = Tracing.Endpoint(url) else {
            table.reading.error(
                text, "\"\(text.value)\" is no redis or rediss URL of a host and a port alone",
                hint: "such as \"rediss://10.0.0.4:6379\"; user and password have keys of their own")
            return nil
        }
        if !endpoint.isTLS, !IPAddressText.isLoopback(endpoint.host) {
            table.reading.warning(
                text, "others on the way to Redis can read and change what goes there, and the password with it",
                hint: "rediss, with ca_file")
        }
        return text.value
    }

    private func checkTogether(_ table: TableReader) {
        if table.has("endpoints"), redisEndpoints.isEmpty, !table.reading.hasError {
            table.error(at: "endpoints", "names nobody", hint: "such as [\"rediss://10.0.0.4:6379\"]")
        }
        if redisEndpoints.count > 16 {
            table.error(at: "endpoints", "has \(redisEndpoints.count) URLs: 16 are the most", hint: "name a few of them")
        }
        table.checkPair("cert_file", "key_file")
        if redisUser != nil, redisPasswordFile == nil {
            table.error(at: "user", "does nothing alone", hint: "write user and password_file, or password_file alone")
        }
        guard !redisEndpoints.isEmpty, !redisEndpoints.contains(where: { $0.hasPrefix("rediss") }) else { return }
        for (key, isWritten) in [("ca_file", redisCaFile != nil), ("cert_file", redisCertFile != nil)] where isWritten {
            table.error(at: key, "does nothing: no endpoint speaks TLS", hint: "write rediss in endpoints, or take it out")
        }
    }
}

extension ConfigurationReference {
    static let fleetRedisSection = Section(
        "fleet.redis",
        """
        Rate limits that count over all members of the fleet ([Fleet](fleet.md#rate-limits)). Without it each member counts \
        alone.
        """,
        [
            Key(
                "endpoints", "list of URLs", .required,
                """
                Redis 5 or later, or Valkey: `rediss://HOST:PORT` with TLS, `redis://HOST:PORT` without. Of several, such as a \
                primary and its replicas, the one that takes writes is used. Up to 16.
                """),
            Key(
                "ca_file", "PEM file", .none("the system's authorities"), "Who may have issued the certificates of `endpoints`."),
            Key("cert_file", "PEM file", .none("none"), "The certificate that is shown to Redis, with its chain."),
            Key("key_file", "PEM file", .none("none"), "The certificate's key."),
            Key("user", "text", .none("Redis's `default`"), "Who the gateway is to Redis."),
            Key("password_file", "file", .none("none"), "The user's password, alone in its first line."),
            Key("prefix", "text", .value("\"gatehouse:\""), "What keys in Redis begin with; the fleet's name follows."),
            Key(
                "timeout", "duration", .value("0.25"),
                "For connecting, and for each question: 1 ms to 10 s. No request waits for it; after it Redis counts as away."),
            Key(
                "interval", "duration", .value("0.005"),
                """
                Between two questions: 1 ms to 1 s. Shorter, members hear earlier of each other, and Redis is asked more often.
                """),
            Key(
                "when_away", "`whole`, `share`", .value("\"whole\""),
                """
                What each member lets in while Redis is away: as much as each limit says, or its part of it, by as many members \
                as were there last.
                """),
        ])
}
