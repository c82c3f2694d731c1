/// `[dns]`: how the names of upstreams are looked up.
package struct NameResolution: Sendable, Equatable {
    /// Name servers with their ports, "127.0.0.1:53" or "[::1]:53"; empty: those of /etc/resolv.conf.
    package var servers: [String] = []
    /// How long the first attempt waits; each further attempt waits twice as long.
    package var timeout = Duration.seconds(2)
    package var attempts = 2
    /// An answer is used no shorter than this.
    package var minTTL = Duration.seconds(1)
    /// An answer is used no longer than this.
    package var maxTTL = Duration.seconds(300)

    package init() {}
}

extension NameResolution {
    init(reading table: TableReader) {
        servers = (table.strings(["servers"]) ?? []).compactMap { written in
            if let server = Self.server(written.value) { return server }
            table.reading.error(
                written, "\"\(written.value)\" is not the address of a name server",
                hint: "an IP address, with a port if it is not 53: \"127.0.0.1\", \"127.0.0.1:5353\", \"[::1]:5353\"")
            return nil
        }
        table.readDuration("timeout", into: &timeout)
        table.read("attempts", into: &attempts, in: 1...10)
        table.readDuration("min_ttl", into: &minTTL)
        table.readDuration("max_ttl", into: &maxTTL)
        table.finish()
    }

    /// The server with brackets around IPv6 and always a port; nil if it is no address.
    private static func server(_ text: String) -> String? {
        if IPAddressText.ipv4(text) != nil { return "\(text):53" }
        if IPAddressText.ipv6(text) != nil { return "[\(text)]:53" }
        let (address, port): (Substring, Substring)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            address = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard IPAddressText.ipv6(address) != nil, rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? "53" : rest.dropFirst()
        } else {
            guard let colon = text.lastIndex(of: ":") else { return nil }
            (address, port) = (text[..<colon], text[text.index(after: colon)...])
            guard IPAddressText.ipv4(address) != nil else { return nil }
        }
        guard port.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let number = UInt16(port),
            number > 0
        else { return nil }
        return text.hasPrefix("[") ? "[\(address)]:\(number)" : "\(address):\(number)"
    }
}
