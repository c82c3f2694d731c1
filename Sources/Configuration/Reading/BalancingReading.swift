extension LoadBalancing {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        method = table.balancingMethod() ?? method
        hashOn = table.hashKey() ?? hashOn
        table.read("sticky_sessions", into: &stickySessions)
        if let text = table.string(["sticky_cookie"], allowEmpty: false) {
            if FieldNameText.isToken(text.value) {
                stickyCookie = text.value
            } else {
                table.reading.error(text, "\"\(text.value)\" is not a cookie's name: letters, digits, and !#$%&'*+-.^_`|~")
            }
        }
        table.read("sticky_same_site", into: &stickySameSite)
        table.read("sticky_secret", into: &stickySecret)
        table.readDuration("slow_start", into: &slowStart, orZero: true)
        table.read("queue", into: &queue, in: 0...1_000_000)
        table.readDuration("queue_timeout", into: &queueTimeout)
        table.read("panic_percent", into: &panicPercent, in: 0...100)
        table.finish()
        if !stickySessions {
            table.warnUseless(
                "sticky_cookie", "sticky_same_site", "sticky_secret", because: "sticky_sessions is off",
                hint: "write sticky_sessions = true, or take it out")
        }
    }

    /// Does it set a cookie that is `Secure` on every site?
    var setsSecureCookies: Bool { stickySessions && stickySameSite == .unrestricted }
}

extension TableReader {
    /// `method`: of a site's pools, or of one route.
    func balancingMethod() -> LoadBalancing.Method? {
        guard let text = string(["method"]) else { return nil }
        if text.value == "least_conn" { return .leastConnections }
        if let known = LoadBalancing.Method(rawValue: text.value) { return known }
        let words = LoadBalancing.Method.allCases.map(\.rawValue)
        reading.error(
            text, "unknown method \"\(text.value)\"; one of \(words.joined(separator: ", "))",
            hint: DidYouMean.hint(for: text.value, among: words + ["least_conn"]) ?? Self.hint(forRequestMethod: text.value))
        return nil
    }

    /// What to write where a method of requests is written as one of balancing; nil if it is none.
    private static func hint(forRequestMethod text: String) -> String? {
        let method = text.uppercased()
        guard ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method) else { return nil }
        return "this is how servers are picked; requests of a method are match = { methods = [\"\(method)\"] } of a route"
    }

    /// `client`, `path`, `header:NAME` or `cookie:NAME`.
    func hashKey(_ key: String = "hash_on", orPath: Bool = true) -> HashKey? {
        guard let text = string([key]) else { return nil }
        switch text.value {
        case "client": return .client
        case "path" where orPath: return .path
        default: break
        }
        let parts = text.value.split(separator: ":", maxSplits: 1).map(String.init)
        if parts.count == 2, FieldNameText.isToken(parts[1]) {
            if parts[0] == "header" { return .header(parts[1].lowercased()) }
            if parts[0] == "cookie" { return .cookie(parts[1]) }
        }
        reading.error(text, "\"\(text.value)\" is none of client,\(orPath ? " path," : "") header:NAME, cookie:NAME")
        return nil
    }
}

extension HealthCheck {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        table.read("enabled", into: &enabled)
        table.read("type", into: &kind)
        if let text = table.string(["service"]) {
            if text.value.utf8.count > 100 || !text.value.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) {
                table.reading.error(text, "is no name of a service: up to 100 letters without spaces")
            } else {
                service = text.value
            }
            if kind != .grpc {
                table.warning(at: "service", "has no effect: type is not \"grpc\"")
            }
        }
        if let text = table.string(["path"]) {
            if let reason = PathText.fault(in: text.value) { table.reading.error(text, reason) } else { path = text.value }
        }
        table.read("host", into: &host)
        if let host, host.contains(where: { !$0.isASCII || $0 == " " }) {
            table.error(at: "host", "\"\(host)\" cannot be a Host field")
        }
        table.readDuration("interval", "interval_seconds", into: &interval)
        table.readDuration("timeout", into: &timeout)
        table.read("retries", "fall", into: &retries, in: 1...1000)
        table.read("rise", into: &rise, in: 1...1000)
        statuses = table.statuses("expect") ?? statuses
        table.finish()
    }
}

extension TableReader {
    /// A list of statuses and runs of them: `["200-299", "304"]`.
    fileprivate func statuses(_ key: String) -> [ClosedRange<Int>]? {
        guard let texts = strings([key], orOne: true) else { return nil }
        let ranges = texts.compactMap { text -> ClosedRange<Int>? in
            let ends = text.value.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            if let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, 100...599 ~= first, 100...599 ~= last,
                first <= last
            {
                return first...last
            }
            reading.error(text, "\"\(text.value)\" is no status", hint: "such as \"200\" or \"200-399\"")
            return nil
        }
        return ranges.isEmpty ? nil : ranges
    }
}

extension PassiveHealth {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        table.read("max_fails", into: &maxFails, in: 0...1_000_000)
        table.read("fail_percent", into: &failPercent, in: 0...100)
        table.readDuration("window", into: &window)
        table.readDuration("eject_time", into: &ejectTime)
        table.readDuration("max_eject_time", into: &maxEjectTime)
        table.read("circuit_fails", into: &circuitFails, in: 0...1_000_000)
        table.readDuration("circuit_open", into: &circuitOpen)
        table.readDuration("circuit_max_open", into: &circuitMaxOpen)
        table.finish()
        if failPercent == 0 { table.warnUseless("window", because: "fail_percent is 0") }
        if failPercent == 0, maxFails == 0 {
            table.warnUseless("eject_time", "max_eject_time", because: "neither max_fails nor fail_percent ejects anybody")
        }
        if circuitFails == 0 { table.warnUseless("circuit_open", "circuit_max_open", because: "circuit_fails is 0") }
    }
}

extension Retry {
    init(reading table: TableReader) {
        guard table.mayBeWritten else { return }
        table.read("retries", into: &retries, in: 0...100)
        conditions = Self.readConditions(table) ?? conditions
        table.readSize("replay_limit", into: &replayLimit, in: 0...1 << 20)
        table.read("budget_percent", into: &budgetPercent, in: 0...100)
        table.finish()
    }

    /// `retry_on`; nil if it is not written.
    static func readConditions(_ table: TableReader) -> [Condition]? {
        table.strings(["retry_on"])?.compactMap { text in
            if let known = Condition(rawValue: text.value) { return known }
            let words = Condition.allCases.map(\.rawValue)
            table.reading.error(
                text, "unknown occasion \"\(text.value)\"; one of \(words.joined(separator: ", "))",
                hint: text.value.hasPrefix("5xx")
                    ? "write \"500\", \"502\", \"503\" and \"504\"" : DidYouMean.hint(for: text.value, among: words))
            return nil
        }
    }
}
