/// IP addresses from text, without the system's resolver.
enum IPAddressText {
    /// Four decimal numbers, dots between, no leading zeros (which some readers take as octal): RFC 3986 §3.2.2, IPv4address.
    static func ipv4(_ text: some StringProtocol) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        let bytes = parts.compactMap { part -> UInt8? in
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(isDigit) else { return nil }
            return part.utf8.count > 1 && part.first == "0" ? nil : UInt8(part)
        }
        return bytes.count == 4 ? bytes : nil
    }

    /// The forms of RFC 4291 §2.2; no zone, no brackets.
    static func ipv6(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count <= 45, text.utf8.allSatisfy({ isHex($0) || $0 == colon || $0 == dot }) else { return nil }
        let string = String(text)
        guard let gap = string.firstRange(of: "::") else {
            guard let bytes = groups(string[...]), bytes.count == 16 else { return nil }
            return bytes
        }
        // "::" stands for at least one group, and stands once.
        let behind = string[gap.upperBound...]
        guard !behind.contains("::"), behind.first != ":",
            let head = groups(string[..<gap.lowerBound], mayEndInIPv4: false), let tail = groups(behind),
            head.count + tail.count <= 14
        else { return nil }
        return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
    }

    /// The one form of an IPv6 address that RFC 5952 §4 leaves, which clients write, too; of an IPv4-mapped one the IPv4 address
    /// that it stands for.
    /// - Parameter bytes: 16 of them.
    static func text(ofIPv6 bytes: [UInt8]) -> String {
        if bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) {
            return bytes.suffix(4).map { "\($0)" }.joined(separator: ".")
        }
        let groups = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        // The first of the longest runs of zeros, never of one alone.
        var gap = 0..<0
        for start in groups.indices {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.endIndex
            if end - start > max(1, gap.count) { gap = start..<end }
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return gap.isEmpty ? text(groups[...]) : "\(text(groups[..<gap.lowerBound]))::\(text(groups[gap.upperBound...]))"
    }

    static func isAddress(_ text: String) -> Bool {
        ipv4(text) != nil || ipv6(text) != nil
    }

    /// Whether what is sent to this host stays on this machine. `localhost` is never looked up (RFC 6761 §6.3); a name such as
    /// `127.example.com` is, and may be anybody's.
    static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || ipv4(host)?.first == 127 || ipv6(host) == ipv6Loopback
    }

    /// `::1`.
    private static let ipv6Loopback = [UInt8](repeating: 0, count: 15) + [1]

    private static func groups(_ text: Substring, mayEndInIPv4: Bool = true) -> [UInt8]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4 && index == parts.count - 1 && part.contains(".") {
                guard let last = ipv4(part) else { return nil }
                bytes += last
            } else {
                guard (1...4).contains(part.utf8.count), let group = UInt16(part, radix: 16)
                else { return nil }
                bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
            }
        }
        return bytes
    }

    private static let colon = UInt8(ascii: ":")
    private static let dot = UInt8(ascii: ".")

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
