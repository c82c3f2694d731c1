/// `[sites.ssl.on_demand]`: certificates for names that are not known before clients ask for them.
package struct OnDemand: Sendable, Equatable {
    /// Whom to ask whether a name is one of ours.
    package struct Question: Sendable, Equatable {
        package var url: UpstreamURL
        /// Path and query, to which the name is added.
        package var target: String
    }

    /// Nil: nobody is asked.
    package var ask: Question?
    /// Patterns of names, lower case: an asterisk is any part of a label. Empty: all that `ask` allows.
    package var names: [String] = []
    /// Certificates that are asked for in a minute, at most.
    package var perMinute = 10
    /// Names that there may be certificates for.
    package var maxNames = 1000
    /// Handshakes that may wait at once.
    package var maxWaiting = 100
    /// How long a handshake waits.
    package var wait = Duration.seconds(20)

    package init() {}
}

extension OnDemand {
    /// - Parameter isAsked: whether `auto_cert` is on.
    /// - Returns: nil if the table is not written.
    static func read(_ table: TableReader, isAsked: Bool) -> OnDemand? {
        var settings = OnDemand()
        settings.ask = table.string(["ask"], allowEmpty: false).flatMap { Question($0, table) }
        settings.names = table.strings(["names"])?.compactMap { pattern($0, table) } ?? []
        table.read("per_minute", into: &settings.perMinute, in: 1...100_000)
        table.read("max_names", into: &settings.maxNames, in: 1...1_000_000)
        table.read("max_waiting", into: &settings.maxWaiting, in: 1...100_000)
        table.readDuration("wait", into: &settings.wait)
        table.finish()
        guard table.isWritten else { return nil }
        if !isAsked {
            table.reading.report(
                .warning, table.path, at: table.position, "has no effect without auto_cert",
                hint: "write auto_cert = true beside it, or take it out")
        }
        if !table.has("ask"), !table.has("names") {
            // Anybody could have certificates asked for, until the authority's limits are reached.
            table.missing("ask", hint: "or names: which names may be had? Such as ask = \"http://127.0.0.1:8080/allowed\"")
        }
        return settings
    }

    private static func pattern(_ text: Written<String>, _ table: TableReader) -> String? {
        let pattern = text.value.lowercased()
        let isRight = pattern.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || Array("-._*".utf8).contains($0) }
        if isRight, pattern.contains("."), !pattern.hasPrefix("."), !pattern.hasSuffix(".") { return pattern }
        table.reading.error(text, "\"\(text.value)\" is no pattern of host names", hint: "such as \"*.customers.example.com\"")
        return nil
    }
}

extension OnDemand.Question {
    fileprivate init?(_ text: Written<String>, _ table: TableReader) {
        let parts = text.value.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = parts.count == 2 ? parts[1] : ""
        do throws(UpstreamURL.Fault) {
            guard query.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
                throw UpstreamURL.Fault(reason: "the query holds spaces, a fragment or characters outside ASCII")
            }
            url = try UpstreamURL(parsing: String(parts[0]))
        } catch {
            table.reading.error(text, "not a server's address: \(error.reason)")
            return nil
        }
        let ending = url.basePath.isEmpty || parts[0].hasSuffix("/") ? "/" : ""
        target = url.basePath + ending + "?" + (query.isEmpty ? "" : query + "&") + "domain="
    }
}
