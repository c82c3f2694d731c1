import Gateway

/// An explanation for people.
enum ExplanationText {
    static func text(_ explanation: Explanation) -> String {
        var lines: [String] = []
        func line(_ name: String, _ text: String, _ at: String? = nil) {
            let name = name + String(repeating: " ", count: max(1, 13 - name.count))
            lines.append(name + text + (at.map { "  (\($0))" } ?? ""))
        }
        line("listener", "\(explanation.listener.scheme) \(explanation.listener.address)", explanation.listener.at)
        if let certificate = explanation.certificate {
            line("certificate", "\(certificate.file)\(certificate.expires.map { ", expires \($0)" } ?? "")", certificate.at)
        }
        if let site = explanation.site { line("site", "\(site.name): \(site.why)", site.at) }
        if let request = explanation.request {
            line("request", "\(request.method) \(request.target)")
            line("path", request.path + (request.query.isEmpty ? "" : ", query \(request.query)"))
            if let client = request.client { line("client", client) }
        }
        let status = explanation.status.map { "\($0), " } ?? ""
        line("result", status + explanation.result + (explanation.reason.map { ", reason \($0)" } ?? ""))
        lines += section("routes, in the order in which they are asked", routes(explanation.routes))
        if let upstream = explanation.upstream {
            lines += section("servers of \(upstream.name), by \(upstream.method)", servers(upstream.servers))
            lines += section("to the server: \(upstream.requestLine)", upstream.fields.map(field))
        }
        lines += section("must pass", explanation.protection.map(setting))
        lines += section("done to the answer's fields, the last one deciding", explanation.answerFields.map(setting))
        lines += section("limits in force", explanation.limits.map(setting))
        return lines.map { trimmed(printable($0)) }.joined(separator: "\n")
    }

    private static func section(_ title: String, _ rows: [[String]]) -> [String] {
        rows.isEmpty ? [] : ["", title] + Table.text(rows).split(separator: "\n").map { "  \($0)" }
    }

    /// People look for the one that is taken, and for those that nearly were.
    private static func routes(_ routes: [Explanation.Route]) -> [[String]] {
        let mattering = routes.filter { $0.isTaken || !$0.why.contains("does not match") }
        let shown = routes.count <= 20 ? routes : mattering
        let rest = routes.count - shown.count
        return shown.map { route in
            [
                route.isTaken ? ">" : " ", "\(route.order)", (route.kind == "path" ? "" : "\(route.kind) ") + route.path,
                route.why + (route.at.map { "  (\($0))" } ?? ""),
            ]
        } + (rest == 0 ? [] : [["", "", "…", "\(rest) more, whose paths do not match"]])
    }

    private static func servers(_ servers: [Explanation.Server]) -> [[String]] {
        servers.map { server in
            [
                server.isPicked ? ">" : " ", server.url, "weight \(server.weight)",
                server.why + (server.at.map { "  (\($0))" } ?? ""),
            ]
        }
    }

    private static func field(_ field: Explanation.Field) -> [String] {
        let sign =
            switch field.change {
            case .kept: " "
            case .added: "+"
            case .changed: "~"
            case .removed: "-"
            }
        var why = field.why.map { "# \($0)" } ?? ""
        if let at = field.at { why += "  (\(at))" } else if let key = field.key { why += "  (default of \(key))" }
        if field.change == .changed, let was = field.was { why = "# was: \(was)" + (why.isEmpty ? "" : "; \(why.dropFirst(2))") }
        return [sign, "\(field.name): \(field.value ?? field.was ?? "")", why]
    }

    private static func setting(_ setting: Explanation.Setting) -> [String] {
        [setting.key, setting.value, setting.at.map { "(\($0))" } ?? "(default)"]
    }

    private static func trimmed(_ line: String) -> Substring {
        line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)]
    }

    /// What is given on a command line can be anything; a terminal obeys some of it.
    private static func printable(_ line: String) -> String {
        String(String.UnicodeScalarView(line.unicodeScalars.map { $0.value < 0x20 || 0x7F...0x9F ~= $0.value ? "?" : $0 }))
    }
}
