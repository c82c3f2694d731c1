/// A configuration's text as JSON, without what nobody should read: for those who may look at it from afar.
package enum MaskedConfiguration {
    /// In place of a secret.
    private static let mask = "***"
    /// Parts of keys whose values are secrets. Files that hold some are named, not shown: `_file` keeps its value.
    private static let secretWords = [
        "secret", "password", "passwd", "token", "hmac", "api_key", "api-key", "apikey", "read_key", "authorization",
    ]
    /// Parts of the names of fields that carry secrets: `X-Auth-Key`, `Ocp-Apim-Subscription-Key`. A challenge is none.
    private static let secretFieldWords = ["cookie", "auth", "key", "session", "credential"]
    /// Parts of names of a query's parameters that are secrets, besides `secretWords`; `pin-value` is of `pkcs11:` (RFC 7512).
    private static let secretParameterWords = ["key", "sig", "auth", "pass", "session", "credential", "pin-value"]
    private static let challenges: Set = ["www-authenticate", "proxy-authenticate"]

    /// - Parameter source: TOML; variables of the environment stay as they are written.
    /// - Returns: one object, its keys in the texts' order; nil if the first text is no TOML.
    package static func json(_ source: ConfigurationSource) -> String? {
        let path = source.files.first?.path ?? ""
        let reading = Reading(file: path, mode: .lenient, notesKeys: false)
        var gathering = DocumentGathering(reading, SeenFiles(.kept(source.files)), nil)
        guard let root = gathering.gather(path) else { return nil }
        var out = ""
        append(.table(root), inFields: false, to: &out)
        return out
    }

    /// Has one file of a configuration a secret in it, and not only the name of a variable that holds one?
    package static func hasSecret(_ file: ConfigurationSource.File) -> Bool {
        let reading = Reading(file: file.path, mode: .lenient, notesKeys: false)
        var gathering = DocumentGathering(reading, SeenFiles(.kept([file])), nil)
        guard let root = gathering.gather(file.path) else { return false }
        return hasSecret(.table(root), isNamed: false, inFields: false)
    }

    /// The value of a field that a rule writes, as it may be shown.
    package static func fieldValue(_ name: String, _ value: String) -> String {
        isSecret(name, inFields: true) ? mask : withoutSecrets(value)
    }

    /// - Parameters:
    ///   - isNamed: does the key say that it is one?
    ///   - inFields: it is within a table whose keys are names of fields.
    private static func hasSecret(_ value: TomlValue, isNamed: Bool, inFields: Bool) -> Bool {
        switch value {
        case .table(let table):
            table.entries.contains { entry in
                hasSecret(
                    entry.node.value, isNamed: isSecret(entry.key, inFields: inFields),
                    inFields: inFields || isOfFields(entry.key))
            }
        case .array(let elements): elements.contains { hasSecret($0.value, isNamed: isNamed, inFields: inFields) }
        case .string(let text):
            !text.isEmpty && !VariableReferences.areIn(text) && !(inFields && isOneVariable(text))
                && (isNamed || withoutSecrets(text) != text)
        case .integer, .float: isNamed
        case .boolean, .dateOrTime: false
        }
    }

    /// Is a field's value only what a request has, as `{user}`?
    private static func isOneVariable(_ text: String) -> Bool {
        text.hasPrefix("{") && text.firstIndex(of: "}") == text.index(before: text.endIndex)
    }

    /// Has the table of this key names of fields for its keys, or tables that do?
    private static func isOfFields(_ key: String) -> Bool { key.hasSuffix("headers") }

    private static func append(_ value: TomlValue, inFields: Bool, to out: inout String) {
        switch value {
        case .table(let table):
            out += "{"
            for (index, entry) in table.entries.enumerated() {
                out += (index == 0 ? "" : ",") + quoted(entry.key) + ":"
                if isSecret(entry.key, inFields: inFields), isWord(entry.node.value) {
                    out += quoted(mask)
                } else {
                    append(entry.node.value, inFields: inFields || isOfFields(entry.key), to: &out)
                }
            }
            out += "}"
        case .array(let elements):
            out += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { out += "," }
                append(element.value, inFields: inFields, to: &out)
            }
            out += "]"
        case .string(let text): out += quoted(withoutSecrets(text))
        case .integer(let number): out += "\(number)"
        // JSON has no form for what TOML calls inf and nan.
        case .float(let number): out += number.isFinite ? "\(number)" : "null"
        case .boolean(let truth): out += truth ? "true" : "false"
        case .dateOrTime: out += "null"
        }
    }

    private static func isWord(_ value: TomlValue) -> Bool {
        switch value {
        case .string, .integer, .float, .array: true
        case .table, .boolean, .dateOrTime: false
        }
    }

    private static func isSecret(_ key: String, inFields: Bool) -> Bool {
        let name = key.lowercased()
        if inFields {
            if challenges.contains(name) { return false }
            if secretFieldWords.contains(where: { name.contains($0) }) { return true }
        }
        return !name.hasSuffix("_file") && secretWords.contains { name.contains($0) }
    }

    /// A text as it may be shown. Where it is a URL it may have a password before its host, and secrets in its query: keys of
    /// collectors, or a PIN.
    package static func withoutSecrets(_ text: String) -> String {
        guard text.contains("://") || text.hasPrefix("pkcs11:") else { return text }
        let url = withoutUser(text)
        guard let mark = url.firstIndex(of: "?") else { return url }
        var out = String(url[...mark])
        var rest = url[mark...].dropFirst()
        while !rest.isEmpty {
            let parameter = rest.prefix { $0 != "&" && $0 != ";" }
            let name = parameter.prefix { $0 != "=" }
            out += name.endIndex < parameter.endIndex && isSecretParameter(name) ? "\(name)=\(mask)" : "\(parameter)"
            rest = rest[parameter.endIndex...]
            if let separator = rest.popFirst() { out.append(separator) }
        }
        return out
    }

    private static func isSecretParameter(_ name: Substring) -> Bool {
        let name = name.lowercased()
        return (secretWords + secretParameterWords).contains { name.contains($0) }
    }

    /// A URL may have a name and a password before its host.
    private static func withoutUser(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        // A password that was written without escapes may have one, too.
        guard let at = authority.lastIndex(of: "@") else { return text }
        return text[..<scheme.upperBound] + mask + text[at...]
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
