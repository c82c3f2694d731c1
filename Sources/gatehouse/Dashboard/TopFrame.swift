/// One picture of `gatehouse top`: a snapshot in lines of so many columns.
struct TopFrame {
    /// 80 is the least that it is made for.
    let columns: Int
    /// Nil: as many as there is something to show for.
    let rows: Int?
    let isColoured: Bool

    /// How a word or a line is meant.
    private enum Tone: String {
        case plain = "", title = "\u{1B}[1m", soft = "\u{1B}[2m", good = "\u{1B}[32m", warning = "\u{1B}[33m", bad = "\u{1B}[31m"
    }

    /// A column of a table; one without a width takes what the others leave, and one of 0 is left out.
    private struct Column {
        var title: String
        var width: Int?
        var isNumber = false
    }

    func lines(_ snapshot: Snapshot) -> [String] {
        let head = [heading(snapshot), "", requests(snapshot), latency(snapshot), open(snapshot), ""]
        let tables = [servers(snapshot), routes(snapshot), caches(snapshot), failures(snapshot), certificates(snapshot)]
        guard let rows else { return head + Array(tables.filter { !$0.isEmpty }.joined(separator: [""])) }
        return Array((head + share(tables, rows - head.count)).prefix(rows))
    }

    /// Each table gets what it needs, or as much as the others: those with errors and certificates the rest.
    private func share(_ tables: [[String]], _ room: Int) -> [String] {
        var left = room
        var shown: [[String]] = []
        for (index, table) in tables.enumerated() where !table.isEmpty {
            let most = max(3, left / (tables.count - index))
            let part = Array(table.prefix(index == tables.count - 1 ? max(0, left) : most))
            shown.append(part)
            left -= part.count + 1
        }
        return Array(shown.joined(separator: [""]))
    }

    // MARK: The head

    private func heading(_ snapshot: Snapshot) -> String {
        let silent = snapshot.workers.count { !$0.answers }
        let workers = silent == 0 ? "\(snapshot.workers.count) workers" : "\(silent) of \(snapshot.workers.count) workers stuck"
        let generation = snapshot.generations.current.map { ", generation \($0)" } ?? ""
        let left =
            "\(Self.clean(snapshot.name)) \(Self.clean(snapshot.version)), process \(snapshot.pid), up "
            + "\(ElapsedTime.text(seconds: snapshot.uptimeSeconds))\(generation), \(workers)"
        let time = String(snapshot.time.dropFirst(11).prefix(8))
        return toned(fit(left, columns - time.count - 1) + " " + time, silent == 0 ? .title : .bad)
    }

    private func requests(_ snapshot: Snapshot) -> String {
        guard snapshot.isCounted else { return "requests     not counted: metrics.enabled is false" }
        guard let rates = snapshot.rates else { return "requests" }
        let classes = zip(["101", "2xx", "3xx", "4xx", "5xx"], rates.classes).dropFirst().map { "\($0) \(Self.rate($1))" }
        let line =
            "requests     \(Self.rate(rates.requests))/s   \(classes.joined(separator: "  "))   "
            + "in \(Self.bytes(rates.bytesIn))/s  out \(Self.bytes(rates.bytesOut))/s"
        return toned(fit(line, columns), rates.classes[4] > 0 ? .bad : .plain)
    }

    private func latency(_ snapshot: Snapshot) -> String {
        let rates = snapshot.rates
        let parts = [("p50", rates?.p50), ("p90", rates?.p90), ("p99", rates?.p99)].map { "\($0) \(Self.milliseconds($1)) ms" }
        return fit("latency      " + parts.joined(separator: "   "), columns)
    }

    private func open(_ snapshot: Snapshot) -> String {
        let handshakes = snapshot.handshakes.map {
            "   handshakes \(Self.rate($0.completed))/s, \(Self.rate($0.failed)) failed"
        }
        let processor = snapshot.processor.map { "   cpu \(Int($0.rounded())) %" } ?? ""
        return fit(
            "connections  \(snapshot.connections)   WebSockets \(snapshot.tunnels)\(handshakes ?? "")\(processor)   "
                + "\(Self.bytes(Double(snapshot.memory)))", columns)
    }

    // MARK: Tables

    private func servers(_ snapshot: Snapshot) -> [String] {
        let servers = snapshot.servers
        let standing = servers.unhealthy == 0 ? "all up" : "\(servers.unhealthy) not up"
        return table(
            "UPSTREAMS  \(servers.total), \(standing)",
            [
                Column(title: "server"), Column(title: "upstream", width: columns < 100 ? 0 : 16),
                Column(title: "state", width: 14),
                Column(title: "req/s", width: 7, isNumber: true), Column(title: "fail/s", width: 7, isNumber: true),
                Column(title: "p99 ms", width: 7, isNumber: true), Column(title: "busy", width: 5, isNumber: true),
            ],
            servers.first.map { server in
                let state = server.states.isEmpty ? "up" : server.states.joined(separator: ",")
                return (
                    [
                        server.url, server.upstream, state, Self.rate(server.rates?.requests), Self.rate(server.failures),
                        Self.milliseconds(server.rates?.p99), "\(server.underWay)",
                    ], server.states.isEmpty ? .plain : server.states == ["draining"] ? .warning : .bad
                )
            }, of: servers.total)
    }

    private func caches(_ snapshot: Snapshot) -> [String] {
        guard snapshot.caches.total > 0 else { return [] }
        return table(
            "STORED ANSWERS  \(snapshot.caches.total)",
            [
                Column(title: "site"), Column(title: "req/s", width: 7, isNumber: true),
                Column(title: "hit %", width: 7, isNumber: true), Column(title: "answers", width: 9, isNumber: true),
                Column(title: "memory", width: 8, isNumber: true), Column(title: "disk", width: 8, isNumber: true),
            ],
            snapshot.caches.first.map { cache in
                (
                    [
                        cache.site, Self.rate(cache.requests), cache.hitShare.map { "\(Int($0))" } ?? "-", "\(cache.answers)",
                        Self.bytes(Double(cache.bytes)), cache.disk.map { Self.bytes(Double($0.bytes)) } ?? "-",
                    ], .plain
                )
            }, of: snapshot.caches.total)
    }

    private func routes(_ snapshot: Snapshot) -> [String] {
        table(
            "SITES AND ROUTES  \(snapshot.routes.total)",
            [
                Column(title: "route"), Column(title: "site", width: 18), Column(title: "req/s", width: 7, isNumber: true),
                Column(title: "5xx/s", width: 7, isNumber: true), Column(title: "p50 ms", width: 7, isNumber: true),
                Column(title: "p99 ms", width: 7, isNumber: true), Column(title: "out/s", width: 8, isNumber: true),
            ],
            snapshot.routes.first.map { row in
                let route = row.route ?? ""
                return (
                    [
                        route.isEmpty ? "(no route)" : route, row.site.isEmpty ? "(no site)" : row.site,
                        Self.rate(row.rates.requests), Self.rate(row.rates.classes[4]), Self.milliseconds(row.rates.p50),
                        Self.milliseconds(row.rates.p99), Self.bytes(row.rates.bytesOut),
                    ], row.rates.classes[4] > 0 ? .bad : .plain
                )
            }, of: snapshot.routes.total)
    }

    private func failures(_ snapshot: Snapshot) -> [String] {
        guard !snapshot.failures.first.isEmpty else { return [] }
        return table(
            "ERRORS  \(snapshot.failures.total) since the start",
            [
                Column(title: "time", width: 8), Column(title: "status", width: 6, isNumber: true), Column(title: "request"),
                Column(title: "reason", width: 24), Column(title: "key", width: columns >= 120 ? 34 : 18),
            ],
            snapshot.failures.first.map { failure in
                (
                    [
                        String(failure.time.dropFirst(11).prefix(8)), "\(failure.status)", "\(failure.method) \(failure.path)",
                        failure.reason.isEmpty ? "upstream's answer" : failure.reason, failure.key ?? "-",
                    ], failure.status >= 500 ? .bad : .warning
                )
            }, of: snapshot.failures.first.count)
    }

    private func certificates(_ snapshot: Snapshot) -> [String] {
        let certificates = snapshot.certificates
        guard certificates.total > 0 else { return [] }
        let standing = certificates.inTrouble == 0 ? "all good" : "\(certificates.inTrouble) in trouble"
        return table(
            "CERTIFICATES  \(certificates.total), \(standing)",
            [
                Column(title: "site"), Column(title: "ends", width: 20), Column(title: "days left", width: 9, isNumber: true),
                Column(title: "health", width: 20),
            ],
            certificates.first.map { certificate in
                (
                    [
                        certificate.site, certificate.expires ?? "-", certificate.daysLeft.map { "\($0)" } ?? "-",
                        certificate.health,
                    ], certificate.health == "good" ? .plain : certificate.health == "expires_soon" ? .warning : .bad
                )
            }, of: certificates.total)
    }

    private func table(_ title: String, _ columns: [Column], _ rows: [([String], Tone)], of total: Int) -> [String] {
        let shown = columns.filter { $0.width != 0 }
        let fixed = shown.reduce(0) { $0 + ($1.width ?? 0) } + 2 * (shown.count - 1)
        let rest = max(8, self.columns - fixed)
        func line(_ cells: [String]) -> String {
            zip(columns, cells).filter { $0.0.width != 0 }.map { column, cell in
                let width = column.width ?? rest
                let text = fit(cell, width)
                return column.isNumber ? String(repeating: " ", count: max(0, width - cell.count)) + text.trimmedEnd : text
            }.joined(separator: "  ").trimmedEnd
        }
        var lines = [toned(fit(title, self.columns).trimmedEnd, .title), toned(line(columns.map(\.title)), .soft)]
        lines += rows.map { toned(line($0.map(Self.clean)), $1) }
        if total > rows.count { lines.append(toned("and \(total - rows.count) more", .soft)) }
        return lines
    }

    // MARK: Texts

    private func toned(_ text: String, _ tone: Tone) -> String {
        isColoured && tone != .plain ? "\(tone.rawValue)\(text)\u{1B}[0m" : text
    }

    /// The text in this width: a longer one ends with an ellipsis.
    private func fit(_ text: String, _ width: Int) -> String {
        let count = text.count
        if count <= width { return text + String(repeating: " ", count: width - count) }
        return String(text.prefix(max(0, width - 1))) + "…"
    }

    /// The text without control characters, and without what would show a line in another order.
    static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isShown($0) ? $0 : "?" }))
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }

    private static func rate(_ value: Double?) -> String {
        guard let value else { return "-" }
        if value == 0 { return "0" }
        return value < 9.95 ? decimal(value) : "\(Int(value.rounded()))"
    }

    private static func milliseconds(_ value: Double?) -> String { rate(value) }

    private static func bytes(_ value: Double) -> String {
        for (unit, size) in [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)] where value >= size {
            return value / size < 9.95 ? "\(decimal(value / size)) \(unit)" : "\(Int((value / size).rounded())) \(unit)"
        }
        return "\(Int(value)) B"
    }

    /// The value with one decimal place.
    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension String {
    /// The text without spaces at its end.
    fileprivate var trimmedEnd: String {
        var rest = self[...]
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
