/// A URL of a service, such as an authority's, taken apart as a call needs it.
package struct ServiceURL: Hashable, Sendable, CustomStringConvertible {
    /// The URL as it was written.
    package let description: String
    /// Is it https? Else http.
    package let isTLS: Bool
    /// A name, or an address without brackets.
    package let host: String
    package let port: UInt16
    /// The value of `Host`.
    package let authority: String
    /// Path and query (RFC 9112 §3.2.1).
    package let target: String

    /// - Parameter allowsPlain: may it be http, too?
    /// - Returns: nil if it is no such URL, or has a user, a fragment, or what no URL holds.
    package init?(_ text: String, allowsPlain: Bool = false) {
        let isTLS = !(allowsPlain && text.lowercased().hasPrefix("http://"))
        let scheme = isTLS ? "https://" : "http://"
        guard text.utf8.count <= 2048, text.lowercased().hasPrefix(scheme),
            text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !Array("\"<>\\^`{|}#".utf8).contains($0) })
        else { return nil }
        let rest = text.dropFirst(scheme.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<end]
        let path = rest[end...]
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        var host = authority
        var port: UInt16 = isTLS ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else { return nil }
            host = authority[..<colon]
            port = number
        }
        if host.first == "[" {
            guard host.last == "]", host.count > 2 else { return nil }
            host = host.dropFirst().dropLast()
        } else if host.contains(":") || host.contains("[") || host.isEmpty {
            return nil
        }
        description = text
        self.isTLS = isTLS
        self.host = host.lowercased()
        self.port = port
        self.authority = String(authority)
        target = path.hasPrefix("/") ? String(path) : "/" + path
    }
}
