// Lists and tables of texts with a syntax of their own.
extension TableReader {
    /// The fields of this table, in the order of the file; faulty ones are reported and left out.
    ///
    /// A name is a token (RFC 9110 §5.1), a value has no control characters but tab (§5.5): anything else could end the
    /// field and begin another.
    func headerFields() -> [HeaderField] {
        var fields: [HeaderField] = []
        for (name, entry) in freeEntries() {
            guard case .string(let value) = entry.value else {
                mismatch(entry, "a string", hint: hint(forField: entry.value))
                continue
            }
            guard isFieldName(name, entry) else { continue }
            if value.utf8.contains(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
                reading.error(entry, "a field value must not hold control characters such as line ends")
                continue
            }
            if ConnectionFields.names.contains(name.lowercased()) {
                reading.error(entry, "\(name) frames the message: Gatehouse sets it itself", hint: "leave it out")
                continue
            }
            fields.append(HeaderField(name: name, value: value.trimmingFieldSpace()))
        }
        return fields
    }

    private func hint(forField value: TomlValue) -> String? {
        switch value {
        case .integer(let number): "in quotes: \"\(number)\""
        case .table, .array: "here fields are set; request_headers and response_headers have set, add, default and remove"
        default: nil
        }
    }

    /// `remove`: an array of names, or a table of booleans as the manuals show it. Lower case, each once.
    func fieldNames(_ key: String) -> [String] {
        var names: [String] = []
        if case .table = peek(key)?.value {
            for (name, entry) in table(key).freeEntries() {
                guard case .boolean(let isRemoved) = entry.value else {
                    mismatch(entry, "true or false")
                    continue
                }
                if isFieldName(name, entry) && isRemoved { names.append(name.lowercased()) }
            }
        } else {
            for text in strings([key]) ?? [] where isFieldName(text.value, text) { names.append(text.value.lowercased()) }
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// - Parameter orAll: whether `all` stands for every address.
    func addressBlocks(_ key: String, orAll: Bool = false) -> [AddressBlock] {
        (strings([key]) ?? []).flatMap { text in
            if orAll, text.value == "all" { return ["0.0.0.0/0", "::/0"].compactMap { AddressBlock($0) } }
            guard let block = AddressBlock(text.value) else {
                reading.error(
                    text, "\"\(text.value)\" is not an address or a block of addresses",
                    hint: text.value == "private_ranges"
                        ? "write the blocks: \"10.0.0.0/8\", \"172.16.0.0/12\", \"192.168.0.0/16\", \"fd00::/8\""
                        : "such as \"10.0.0.0/8\", \"192.0.2.7\" or \"2001:db8::/32\"")
                return []
            }
            if block.hasBitsBeyondLength {
                reading.warning(text, "\"\(text.value)\" has bits beyond its length; they are not compared")
            }
            return [block]
        }
    }

    /// Origins as a browser writes them: scheme, host, port if it is not the scheme's (RFC 6454 §6.2); or `*`, or `null`.
    ///
    /// They are compared whole with what browsers send, so a pattern would be none's, and a port that is the scheme's goes.
    func origins(_ key: String) -> [String]? {
        strings([key])?.compactMap { text in
            if text.value == "*" || text.value == "null" { return text.value }
            let parts = text.value.lowercased().split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
            let isOrigin =
                parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
                && parts[1].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@*".utf8.contains($0) }
            guard isOrigin else {
                reading.error(
                    text, "\"\(text.value)\" is not an origin",
                    hint: text.value.contains("*")
                        ? "there are no patterns: name each, or \"*\" for all"
                        : "scheme and host, such as \"https://app.example.com\"")
                return nil
            }
            return TableReader.withoutDefaultPort(text.value.lowercased())
        }
    }

    private static func withoutDefaultPort(_ origin: String) -> String {
        let port = origin.hasPrefix("https://") ? ":443" : origin.hasPrefix("http://") ? ":80" : ""
        return origin.hasSuffix(port) ? String(origin.dropLast(port.count)) : origin
    }

    func isFieldName<Value>(_ name: String, _ written: Written<Value>) -> Bool {
        guard FieldNameText.isToken(name), !name.hasPrefix("-"), !name.hasPrefix("+"), !name.contains("*") else {
            reading.error(written, "\"\(name)\" is not a field name", hint: TableReader.hint(forFieldName: name))
            return false
        }
        return true
    }

    /// Tokens with a mark in front, or with an asterisk, are Caddy's words for what is done to a field. Nobody's fields are
    /// called so, and what was to be taken out would stay.
    private static func hint(forFieldName name: String) -> String {
        let rest = name.dropFirst()
        if name.contains("*") { return "there are no patterns: name each field" }
        if name.hasPrefix("-") { return "what goes is named in remove = [\"\(rest)\"]" }
        if name.hasPrefix("+") { return "what is written beside others stands in add, as \(rest)" }
        if name.hasPrefix("?") { return "what is written where there is none stands in default, as \(rest)" }
        return "letters, digits and dashes"
    }
}

/// Fields about one connection or about the framing of one message (RFC 9110 §7.6.1, RFC 9112 §6): configured by hand they
/// would make two readers disagree about where a message ends.
enum ConnectionFields {
    static let names: Set<String> = [
        "connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]
}

/// Names of fields and of cookies.
enum FieldNameText {
    /// RFC 9110 §5.6.2.
    static func isToken(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isTokenByte) }
}

/// RFC 9110 §5.6.2: tchar.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

extension String {
    /// RFC 9110 §5.5: a field value has no white space around it.
    fileprivate func trimmingFieldSpace() -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        let tail = self.drop(while: isSpace).reversed().drop(while: isSpace)
        return String(tail.reversed())
    }
}
