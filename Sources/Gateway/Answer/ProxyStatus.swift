import HTTP

extension AnswerFields {
    /// Adds `Proxy-Status` (RFC 9209): our name, the registered error type nearest to the reason, and the reason itself.
    mutating func append(proxyStatus reason: Reason, by name: ProxyName) {
        append("Proxy-Status") { value in
            value.append(contentsOf: name.text)
            if let error = reason.proxyError {
                value.append("; error=")
                value.append(contentsOf: error.rawValue.utf8)
            }
            // Nothing needs a word where the gateway did what it was asked for.
            guard reason != .exchange(.options) else { return }
            value.append("; details=\"")
            value.append(contentsOf: reason.word.utf8)
            value.append("\"")
        }
    }
}
