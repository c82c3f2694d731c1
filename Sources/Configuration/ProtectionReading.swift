extension Access {
    /// Reads `access` of a site or of a route.
    init(reading table: TableReader) {
        allow = table.clientBlocks("allow_ips", emptyMeans: "nobody could come, or everybody")
        deny = table.clientBlocks("deny_ips")
        table.finish()
    }

    /// Adds what BWS's manuals write into `[sites.access_control]`, beside CORS.
    mutating func add(from table: TableReader) {
        let allowed = table.clientBlocks("allowed_ips", emptyMeans: "nobody could come, or everybody")
        let blocked = table.clientBlocks("blocked_ips")
        for (key, isTwice) in [("allowed_ips", allowed != nil && allow != nil), ("blocked_ips", blocked != nil && deny != nil)]
        where isTwice {
            table.reading.report(
                .error, "\(table.path).\(key)", at: table.place(of: key), "says the same as a key of [sites.access]",
                hint: "keep that one")
        }
        allow = allow ?? allowed
        deny = deny ?? blocked
    }
}

extension RateLimiting {
    /// Reads a limit; nil if the table is not written, is switched off, or is wrong, which is reported.
    init?(reading table: TableReader) {
        var enabled = true
        table.read("enabled", into: &enabled)
        let counts = 1...1_000_000_000
        let perMinute = table.integer(["requests_per_minute"], in: counts)
        let burst = table.integer(["burst_size"], in: 1...1_000_000)
        let most = table.integer(["max_requests"], in: counts)
        var window = Duration.seconds(60)
        table.readDuration("window_seconds", into: &window)
        table.readDuration("block_duration", into: &blockDuration, orZero: true)
        key = table.hashKey("key", orPath: false) ?? key
        table.read("ipv6_prefix", into: &ipv6Prefix, in: 1...128)
        whitelist = table.clientBlocks("whitelist") ?? []
        blacklist = table.clientBlocks("blacklist") ?? []
        table.read("announce", into: &announce)
        table.finish()
        Self.checkRate(table, isOn: enabled)
        guard enabled, let rate = perMinute ?? most else { return nil }
        requests = rate.value
        period = perMinute == nil ? window : .seconds(60)
        self.burst = burst?.value ?? (perMinute == nil ? min(rate.value, 1_000_000) : Self.usualBurst)
        let seconds = Double(period.components.seconds) / Double(requests) * Double(self.burst)
        if seconds > Units.longestSeconds {
            table.reading.report(
                .error, "\(table.path).burst_size", at: table.place(of: "burst_size"),
                "so many at this rate take more than a year")
        }
    }

    /// As BWS's manual says.
    static let usualBurst = 10

    /// There is one rate, said in one of two ways.
    private static func checkRate(_ table: TableReader, isOn: Bool) {
        guard table.isWritten else { return }
        if table.has("requests_per_minute"), table.has("max_requests") {
            table.reading.report(
                .error, "\(table.path).max_requests", at: table.place(of: "max_requests"), "says the same as requests_per_minute",
                hint: "keep one of them")
        }
        if isOn, !table.has("requests_per_minute"), !table.has("max_requests") {
            table.missing("requests_per_minute", hint: "such as requests_per_minute = 60")
        }
        if table.has("window_seconds"), !table.has("max_requests") {
            table.reading.report(
                .error, "\(table.path).window_seconds", at: table.place(of: "window_seconds"), "belongs to max_requests",
                hint: "write max_requests, or take it out")
        }
    }
}

extension TableReader {
    /// Blocks of clients' addresses; `all` is every address.
    /// - Parameter emptyMeans: what an empty list could mean, where it is an error.
    func clientBlocks(_ key: String, emptyMeans: String? = nil) -> [AddressBlock]? {
        guard has(key) else {
            _ = find([key])
            return nil
        }
        let blocks = addressBlocks(key, orAll: true)
        if let emptyMeans, case .array(let elements) = peek(key)?.value, elements.isEmpty {
            reading.report(
                .error, "\(path).\(key)", at: place(of: key), "is empty: \(emptyMeans)",
                hint: "list addresses, or take it out; deny_ips = [\"all\"] lets nobody in")
        }
        return blocks
    }
}
