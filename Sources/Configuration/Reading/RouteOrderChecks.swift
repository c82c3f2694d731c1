/// Routes that no request reaches: their path is none, or another route takes all that is theirs before them.
///
/// That is an error where the route would protect something: its requests are taken by one that does not.
enum RouteOrderChecks {
    /// - Parameter tables: of all routes of a site, in the order of the file.
    static func check(_ tables: [TableReader]) {
        for table in tables { checkLetters(table) }
        // In which order routes are asked: docs/routing.md.
        var takers = Takers()
        for table in tables {
            guard let kind = RouteKind.allCases.first(where: { table.has($0.rawValue) }), kind == .glob || kind == .regex,
                let text = table.writtenText(kind.rawValue)
            else { continue }
            if let beginning = kind == .glob ? text.value[...] : fixedExpression(text.value),
                let taker = takers.first(for: beginning, isExpression: kind == .regex)
            {
                // That a pattern stands there twice is said where that is looked for.
                guard taker.kind != kind || taker.text.value != text.value else { continue }
                report(table, text, takenBy: taker, hint: "put it in front of that one")
            } else if !table.has("match"), let beginning = beginning(ofAllOf: kind, text.value) {
                takers.add(Taker(beginning: beginning, kind: kind, text: text))
            }
        }
        guard !takers.isEmpty else { return }
        for table in tables where !RouteKind.allCases.contains(where: { $0 != .path && table.has($0.rawValue) }) {
            guard let text = table.writtenText("path") else { continue }
            // A prefix takes the path without its last slash, too.
            let path = text.value.utf8.count > 1 && text.value.hasSuffix("/") ? text.value.dropLast() : text.value[...]
            guard let taker = takers.first(for: path, isExpression: false) else { continue }
            report(
                table, text, takenBy: taker,
                hint: "a path is asked after all globs and expressions: write that one as a path, too, or this one as a glob "
                    + "before it")
        }
    }

    /// A route that takes every path with a beginning, whatever else a request is.
    private struct Taker {
        let beginning: String
        let kind: RouteKind
        let text: Written<String>
    }

    /// Found by their beginnings: there may be thousands.
    private struct Takers {
        private var byBeginning: [String: Taker] = [:]
        /// Of the beginnings, in bytes; each once, the shortest first.
        private var lengths: [Int] = []

        var isEmpty: Bool { byBeginning.isEmpty }

        mutating func add(_ taker: Taker) {
            byBeginning[taker.beginning] = taker
            let length = taker.beginning.utf8.count
            guard !lengths.contains(length) else { return }
            lengths.append(length)
            lengths.sort()
        }

        /// The one that takes all that begins with a text.
        /// - Parameter isExpression: is the text of one? In `^/api?` the `i` need not be there.
        func first(for text: Substring, isExpression: Bool) -> Taker? {
            for length in lengths {
                guard length <= text.utf8.count else { return nil }
                if isExpression, let next = text.utf8.dropFirst(length).first, "?*{".utf8.contains(next) { continue }
                let beginning = String(decoding: text.utf8.prefix(length), as: UTF8.self)
                if let taker = byBeginning[beginning] { return taker }
            }
            return nil
        }
    }

    /// The beginning of the paths that a glob or an expression takes, if it takes all that have it.
    private static func beginning(ofAllOf kind: RouteKind, _ text: String) -> String? {
        var beginning: Substring
        if kind == .glob {
            guard text.hasSuffix("/**") else { return nil }
            beginning = text.dropLast(2)
        } else {
            guard let fixed = fixedExpression(text) else { return nil }
            beginning = fixed
            for ending in [".*$", "(.*)$", ".*", "(.*)"] where beginning.hasSuffix(ending) {
                beginning = beginning.dropLast(ending.count)
                break
            }
        }
        return PathText.isPlain(String(beginning)) ? String(beginning) : nil
    }

    /// What follows `^` in an expression without alternatives and flags; nil if there is no such thing.
    private static func fixedExpression(_ text: String) -> Substring? {
        text.hasPrefix("^") && !text.contains("|") && !text.contains("(?") ? text.dropFirst() : nil
    }

    /// Reports a pattern that no path can match.
    private static func checkLetters(_ table: TableReader) {
        if let glob = table.writtenText("glob"), let fault = fault(in: glob.value.prefix { $0 != "{" }) {
            table.reading.report(severity(of: table), glob.keyPath, at: glob.position, fault.message, hint: fault.hint)
        }
        guard let text = table.writtenText("regex"), let fixed = fixedExpression(text.value) else { return }
        var letters = fixed.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "/_-%;".contains($0)) }
        if let next = fixed.dropFirst(letters.count).first, "?*{".contains(next) { letters = letters.dropLast() }
        if let first = letters.first, first != "/" {
            table.reading.report(
                severity(of: table), text.keyPath, at: text.position, "matches no path: all begin with \"/\"",
                hint: "write '^/\(fixed)'")
        } else if let fault = fault(in: letters) {
            table.reading.report(severity(of: table), text.keyPath, at: text.position, fault.message, hint: fault.hint)
        }
    }

    /// Why no path can have this in it, as globs and expressions see paths; nil if one can.
    private static func fault(in letters: Substring) -> (message: String, hint: String)? {
        if letters.contains("//") {
            return ("matches no path: a run of slashes is compared as one", "write one slash")
        }
        if letters.contains(/%[0-9A-Fa-f]{2}/) {
            return (
                "matches no path: escapes are decoded before it is compared",
                "write the character itself; outside ASCII in a regex, byte by byte: \\xC3\\xA4"
            )
        }
        guard letters.contains(";") else { return nil }
        return ("matches no path: parameters are left out before it is compared", "leave out what \";\" begins")
    }

    private static func report(_ table: TableReader, _ text: Written<String>, takenBy taker: Taker, hint: String) {
        let location = table.reading.location(of: taker.text.position, seenFrom: text.position)
        table.reading.report(
            severity(of: table), text.keyPath, at: text.position,
            "no request comes here: \(taker.kind.rawValue) = \"\(taker.text.value)\", in \(location), takes them all before",
            hint: hint)
    }

    /// Of a route that does nothing.
    private static func severity(of table: TableReader) -> Problem.Severity {
        let protecting = ["access", "rate_limit", "concurrency", "jwt", "forward_auth", "client_auth"]
        if protecting.contains(where: table.has) { return .error }
        guard case .table(let answer)? = table.peek("respond")?.value,
            case .integer(let status)? = answer.entries.first(where: { $0.key == "status" })?.node.value
        else { return .warning }
        return status >= 400 ? .error : .warning
    }
}
