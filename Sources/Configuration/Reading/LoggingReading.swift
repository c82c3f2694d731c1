extension Logging {
    init(reading table: TableReader) {
        table.read("level", into: &level)
        if let read = Self.readDestination(table, "access_log") { accessLog = read }
        if let read = Self.readDestination(table, "error_log") { errorLog = read }
        if let read = Self.readFormat(table, "format") { format = read }
        table.read("log_requests", into: &logRequests)
        table.read("redact_query", into: &redactQuery)
        table.read("sample_one_in", into: &sampleOneIn, in: 1...1_000_000)
        table.readDuration("sample_slow", into: &sampleSlow, orZero: true)
        var size = 0
        table.readSize("rotate_size", into: &size, in: (64 << 10)...(1 << 40))
        if size > 0 { rotateSize = size }
        table.readDuration("rotate_age", into: &rotateAge)
        table.read("rotate_keep", into: &rotateKeep, in: 1...1000)
        table.read("syslog_facility", into: &syslogFacility)
        table.read("syslog_ca_file", into: &syslogCaFile)
        if !logRequests {
            if accessLog != .none { table.warnUseless("access_log", because: "log_requests is false", hint: "take one out") }
            accessLog = .none
        }
        table.finish()
    }

    /// Nil if it is not written, or wrong.
    static func readDestination(_ table: TableReader, _ key: String) -> Destination? {
        guard let text = table.string([key], allowEmpty: false) else { return nil }
        if let destination = Destination(text.value) { return destination }
        table.reading.error(
            text, "\"\(text.value)\" names no syslog receiver",
            hint: "syslog+udp://HOST:PORT, syslog+tcp://…, syslog+tls://… or syslog+unix:/PATH")
        return nil
    }

    /// Nil if it is not written, or wrong. BWS documents a format "text" that it does not have.
    static func readFormat(_ table: TableReader, _ key: String) -> Format? {
        if case .string("text") = table.peek(key)?.value, let found = table.find([key]) {
            table.reading.warning(found, "\"text\" is read as \"combined\"", hint: "write \(key) = \"combined\"")
            return nil
        }
        guard let text = table.string([key], allowEmpty: false) else { return nil }
        if let known = Format.words.first(where: { $0.word == text.value }) { return known.format }
        let words = Format.words.map(\.word)
        guard text.value.contains("{") else {
            table.reading.error(
                text, "unknown value \"\(text.value)\"; one of \(words.joined(separator: ", ")), or a text with fields in braces",
                hint: DidYouMean.hint(for: text.value, among: words))
            return nil
        }
        do throws(LogFormat.Fault) {
            return .text(try LogFormat(text.value))
        } catch {
            table.reading.error(text, error.message, hint: error.hint)
            return nil
        }
    }

    /// What receivers of syslog are told, or by whom they are known, where there is none.
    func checkReceivers(_ table: TableReader, _ sites: [Site]) {
        let logs = [accessLog, errorLog] + sites.compactMap(\.accessLog)
        let isSent = logs.contains { if case .syslog = $0 { true } else { $0 == .journald } }
        let isSecured = logs.contains { if case .syslog(.tls) = $0 { true } else { false } }
        if !isSent { table.warnUseless("syslog_facility", because: "no log goes to syslog or to the journal") }
        if !isSecured { table.warnUseless("syslog_ca_file", because: "no log goes to a receiver by syslog+tls") }
    }

    /// A key that does nothing would have somebody wait for it.
    func checkRotation(_ table: TableReader, _ sites: [Site]) {
        func error(_ key: String, _ message: String, _ hint: String) {
            guard table.peek(key) != nil else { return }
            table.error(at: key, message, hint: hint)
        }
        if rotateSize == nil, rotateAge == nil {
            guard rotateKeep != Logging().rotateKeep else { return }
            error("rotate_keep", "does nothing: no log is rotated", "set rotate_size or rotate_age")
        } else if !accessLog.isFile, !errorLog.isFile, !sites.contains(where: { $0.accessLog?.isFile == true }) {
            for key in ["rotate_size", "rotate_age"] {
                error(key, "does nothing: no log goes to a file", "set access_log or error_log to a file, or take it out")
            }
        }
    }
}

extension Site {
    /// What is its own of the access log.
    mutating func readLog(_ table: TableReader) {
        accessLog = Logging.readDestination(table, "access_log")
        logFormat = Logging.readFormat(table, "log_format")
        if accessLog == Logging.Destination.none, logFormat != nil {
            table.error(
                at: "log_format", "does nothing: access_log is \"none\"",
                hint: "take one of them out")
        }
    }
}
