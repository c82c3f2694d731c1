import Transport

/// The names that no public authority issues for, and the local one does.
package enum LocalNames {
    /// With all names below them. RFC 6761 §6.2 and §6.3, RFC 6762 §3, RFC 8375 §3; `internal` is reserved by ICANN.
    static let hosts = ["localhost", "internal", "home.arpa", "local", "test"]

    /// Blocks of addresses that lead nowhere on the Internet: RFC 1122 §3.2.1.3, RFC 1918, RFC 3927, RFC 6598, RFC 4291 §2.5.3,
    /// RFC 4193, RFC 4291 §2.5.6. As an authority's constraints write them.
    static let blocks = [
        "127.0.0.0/255.0.0.0", "10.0.0.0/255.0.0.0", "172.16.0.0/255.240.0.0", "192.168.0.0/255.255.0.0",
        "169.254.0.0/255.255.0.0", "100.64.0.0/255.192.0.0", "::1/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fc00::/fe00::",
        "fe80::/ffc0::",
    ]

    /// For people.
    package static let summary = hosts.map { "*.\($0)" }.joined(separator: ", ") + " and private addresses"

    /// Is it a host's name, and no address?
    static func isHost(_ name: String) -> Bool { SocketAddress(literal: name, port: 0) == nil }

    /// - Parameter name: a host name, lower case, also with an asterisk; or an address without brackets.
    package static func contain(_ name: String) -> Bool {
        guard let address = SocketAddress(literal: name, port: 0)?.bytes else {
            return hosts.contains { name == $0 || name.hasSuffix("." + $0) }
        }
        return blocks.contains { block in
            let parts = block.split(separator: "/").map { SocketAddress(literal: String($0), port: 0)?.bytes ?? [] }
            guard parts.count == 2, parts[0].count == address.count else { return false }
            return address.indices.allSatisfy { address[$0] & parts[1][$0] == parts[0][$0] }
        }
    }
}
