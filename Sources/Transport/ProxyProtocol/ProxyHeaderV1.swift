/// Version 1 of the PROXY protocol: a line of text (section 2.1).
enum ProxyHeaderV1 {
    static let signature = Array("PROXY ".utf8)
    /// The bytes of the longest header, its CRLF included.
    private static let maxLineBytes = 107

    static func read(_ bytes: Span<UInt8>) -> ProxyHeader.Reading {
        let limit = min(bytes.count, maxLineBytes)
        guard let end = (0..<limit).first(where: { bytes[$0] == 0x0A }) else {
            return bytes.count < maxLineBytes ? .incomplete : .malformed("a line of more than 107 bytes")
        }
        guard bytes[end - 1] == 0x0D else { return .malformed("its line does not end in CRLF") }
        let words = String(decoding: (0..<end - 1).map { bytes[$0] }, as: UTF8.self)
            .split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        // Whatever follows "UNKNOWN" is of no account.
        if words[1] == "UNKNOWN" { return .header(ProxyHeader(), length: end + 1) }
        let family: SocketAddress.Family
        switch words[1] {
        case "TCP4": family = .ipv4
        case "TCP6": family = .ipv6
        default: return .malformed("neither TCP4, TCP6 nor UNKNOWN")
        }
        guard words.count == 6 else { return .malformed("two addresses and two ports are wanted") }
        guard let source = address(words[2], words[4], family), let destination = address(words[3], words[5], family) else {
            return .malformed("an address or a port that is none")
        }
        return .header(ProxyHeader(source: source, destination: destination), length: end + 1)
    }

    private static func address(_ text: String, _ port: String, _ family: SocketAddress.Family) -> SocketAddress? {
        guard !port.isEmpty, port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), port == "0" || port.first != "0",
            let number = UInt16(port), let address = SocketAddress(literal: text, port: number), address.family == family
        else { return nil }
        return address.unmapped
    }
}
