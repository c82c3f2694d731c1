/// Host names as sites and upstreams write them.
package enum HostName {
    /// A name without wildcard, lower case, without a dot at its end; or why it is none. RFC 1123 §2.1, and underscores, which
    /// names inside companies have.
    package static func check(_ text: String) -> Result<String, Fault> {
        var name = text.lowercased()
        if name.count > 1 && name.hasSuffix(".") { name.removeLast() }
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else {
            return .failure(Fault(reason: "not ASCII", hint: "write the A-label form: xn--…"))
        }
        guard (1...253).contains(name.utf8.count) else { return .failure(Fault(reason: "not 1 to 253 characters long")) }
        if let colon = name.firstIndex(of: ":") {
            let hint = name[colon...].hasPrefix("://") ? "the name alone, without scheme and path" : "the port has its own key"
            return .failure(Fault(reason: "holds \"\(name[colon...])\"", hint: hint))
        }
        for label in name.split(separator: ".", omittingEmptySubsequences: false) {
            let isSeveral = label.contains { $0 == " " || $0 == "," }
            if let reason = fault(inLabel: label) {
                return .failure(Fault(reason: reason, hint: isSeveral ? "several names are a list: [\"a\", \"b\"]" : nil))
            }
        }
        return .success(name)
    }

    /// As ``check(_:)``; also `*.` before a name of two labels or more, and IP addresses (IPv6 comes out in brackets and as short
    /// as it can be, as clients write it into `Host`).
    static func checkSiteName(_ text: String) -> Result<String, Fault> {
        let unbracketed = text.hasPrefix("[") && text.hasSuffix("]") ? text.dropFirst().dropLast() : text[...]
        if let bytes = IPAddressText.ipv6(unbracketed) {
            let address = IPAddressText.text(ofIPv6: bytes)
            return .success(address.contains(":") ? "[\(address)]" : address)
        }
        // As nginx's users write it.
        if text == "*" || text == "_" {
            return .failure(Fault(reason: "a lone \"\(text)\"", hint: "default = true answers for all other names"))
        }
        if let fault = foreignFault(text) { return .failure(fault) }
        guard text.hasPrefix("*") else { return check(text) }
        guard text.hasPrefix("*."), text.dropFirst(2).contains(".") else {
            return .failure(Fault(reason: "a wildcard stands for one whole label", hint: "such as \"*.example.com\""))
        }
        return check(String(text.dropFirst(2))).map { "*." + $0 }
    }

    /// What nginx's and HAProxy's users write for several names.
    private static func foreignFault(_ text: String) -> Fault? {
        if text.hasPrefix("~") || text.contains("(") || text.contains("\\") {
            return Fault(reason: "an expression", hint: "name each; \"*.example.com\" is every name with one label more")
        }
        if text.hasPrefix("."), text.utf8.count > 1, case .success(let name) = check(String(text.dropFirst())) {
            return Fault(reason: "a dot in front", hint: "write \"\(name)\" and \"*.\(name)\", which is for one label more")
        }
        return text.hasSuffix(".*") ? Fault(reason: "a wildcard at the end", hint: "name each") : nil
    }

    /// Why a name is none.
    package struct Fault: Error, Equatable {
        package var reason: String
        var hint: String?
    }

    private static func fault(inLabel label: Substring) -> String? {
        if label.isEmpty { return "an empty label" }
        if label.utf8.count > 63 { return "a label of more than 63 characters" }
        if label.hasPrefix("-") || label.hasSuffix("-") { return "a label that begins or ends with \"-\"" }
        let bad = label.unicodeScalars.first { !("a"..."z").contains($0) && !("0"..."9").contains($0) && $0 != "-" && $0 != "_" }
        return bad.map { "the character \"\($0)\"" }
    }
}
