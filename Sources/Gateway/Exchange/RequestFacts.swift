import HTTP

extension RequestHead {
    /// The host that the request is for: lower case, without port and without the dot that ends an absolute name
    /// (RFC 1034 §3.1),
    /// "" if it names none. Routing looks sites up by it.
    var lowercasedHost: String {
        // However a client spells an IPv6 address, it is one host: as RFC 5952 has it.
        if let authority, authority.isIPv6, let address = IPAddress(string(authority.host)) {
            return address.isIPv6 ? "[\(address.text)]" : address.text
        }
        let host = hostText.lowercased()
        return host.count > 1 && host.hasSuffix(".") ? String(host.dropLast()) : host
    }

    /// The host as written, an IPv6 literal in its brackets, without port.
    var hostText: String {
        guard let authority else { return "" }
        let text = string(authority.host)
        return authority.isIPv6 ? "[\(text)]" : text
    }

    /// Does the client ask for JSON and not for HTML? For pages of our own only.
    var prefersJSON: Bool { accepts("application/json") && !accepts("text/html") }

    /// Does the client name this type among those that it takes?
    func accepts(_ mediaType: StaticString) -> Bool { fields.contains(.accept, token: mediaType) }
}
