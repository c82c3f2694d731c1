/// Version 2 of the PROXY protocol: a block of bytes (section 2.2).
enum ProxyHeaderV2 {
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
    /// The signature, version and command, family, and the length of what follows.
    private static let fixed = 16

    static func read(_ bytes: Span<UInt8>) -> ProxyHeader.Reading {
        guard bytes.count >= fixed else { return .incomplete }
        guard bytes[12] >> 4 == 2 else { return .malformed("version \(bytes[12] >> 4) with the signature of version 2") }
        let command = bytes[12] & 0x0F
        guard command <= 1 else { return .malformed("command \(command)") }
        let end = fixed + Int(number(bytes, at: 14))
        guard end <= ProxyHeader.maxHeaderBytes else {
            return .malformed("\(end) bytes; \(ProxyHeader.maxHeaderBytes) are the most")
        }
        guard bytes.count >= end else { return .incomplete }
        // LOCAL, the sender's own connection: whatever family it names, the block is to be discarded (section 2.2).
        guard command == 1 else { return .header(ProxyHeader(), length: end) }
        let content = bytes.extracting(fixed..<end)
        guard let (addresses, length) = addresses(content, family: bytes[13]) else {
            return .malformed("no room for the addresses of its family")
        }
        var header = addresses
        var checksum: (offset: Int, value: UInt32)?
        var offset = length
        while offset < content.count {
            guard let (type, value) = field(content, at: offset) else { return .malformed("a field that goes beyond its end") }
            offset = value.upperBound
            switch type {
            case crc32cType:
                guard value.count == 4, checksum == nil else {
                    return .malformed("a checksum not of four bytes, or a second one")
                }
                checksum = (fixed + value.lowerBound, number32(content, at: value.lowerBound))
            case tlsType:
                guard let tls = tls(content.extracting(value)) else {
                    return .malformed("a field beyond the end of the one on TLS")
                }
                header.tls = tls.usesTLS ? tls.facts : nil
            default: break
            }
        }
        if let checksum, crc32c(bytes.extracting(0..<end), without: checksum.offset) != checksum.value {
            return .malformed("its checksum is of something else")
        }
        return .header(header, length: end)
    }

    // MARK: Addresses

    /// - Returns: nil if there are fewer bytes than the family has; otherwise how many it has, too.
    private static func addresses(_ content: Span<UInt8>, family: UInt8) -> (ProxyHeader, length: Int)? {
        switch family >> 4 {
        case 1: pair(content, .ipv4, 4, isStream: family & 0x0F == 1)
        case 2: pair(content, .ipv6, 16, isStream: family & 0x0F == 1)
        case 3: content.count >= 216 ? (ProxyHeader(), 216) : nil
        default: (ProxyHeader(), 0)
        }
    }

    private static func pair(
        _ content: Span<UInt8>, _ family: SocketAddress.Family, _ size: Int, isStream: Bool
    ) -> (ProxyHeader, length: Int)? {
        let length = 2 * size + 4
        guard content.count >= length else { return nil }
        // What is no stream has not come by this connection.
        guard isStream else { return (ProxyHeader(), length) }
        func address(_ offset: Int, port: Int) -> SocketAddress {
            SocketAddress(
                family: family, bytes: (offset..<offset + size).map { content[$0] }, port: UInt16(number(content, at: port)))
        }
        let header = ProxyHeader(
            source: address(0, port: 2 * size).unmapped, destination: address(size, port: 2 * size + 2).unmapped)
        return (header, length)
    }

    // MARK: Fields

    private static let crc32cType: UInt8 = 0x03
    private static let tlsType: UInt8 = 0x20

    /// Type, length and value.
    private static func field(_ content: Span<UInt8>, at offset: Int) -> (type: UInt8, value: Range<Int>)? {
        guard content.count - offset >= 3 else { return nil }
        let start = offset + 3
        let end = start + Int(number(content, at: offset + 1))
        return end <= content.count ? (content[offset], start..<end) : nil
    }

    /// PP2_TYPE_SSL: flags, how the client's certificate was judged, and fields within.
    private static func tls(_ value: Span<UInt8>) -> (usesTLS: Bool, facts: ProxyHeader.ClientTLS)? {
        guard value.count >= 5 else { return nil }
        var facts = ProxyHeader.ClientTLS()
        var offset = 5
        while offset < value.count {
            guard let (type, range) = field(value, at: offset) else { return nil }
            offset = range.upperBound
            switch type {
            case 0x21: facts.version = text(value.extracting(range))
            case 0x23: facts.cipher = text(value.extracting(range))
            default: break
            }
        }
        return (value[0] & 1 == 1, facts)
    }

    /// The bytes as text for the log: nothing in it may be more than a word.
    private static func text(_ bytes: Span<UInt8>) -> String {
        var text = ""
        for index in bytes.indices.prefix(64) where (0x21...0x7E).contains(bytes[index]) {
            text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
        }
        return text
    }

    // MARK: Numbers

    private static func number(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        UInt32(bytes[offset]) << 8 | UInt32(bytes[offset + 1])
    }

    private static func number32(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
        number(bytes, at: offset) << 16 | number(bytes, at: offset + 2)
    }

    /// CRC-32C (RFC 9260, appendix A) of the bytes, with the four of the checksum itself counted as zero.
    static func crc32c(_ bytes: Span<UInt8>, without checksum: Int) -> UInt32 {
        var remainder = UInt32.max
        for index in bytes.indices {
            remainder ^= (checksum..<checksum + 4).contains(index) ? 0 : UInt32(bytes[index])
            for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        return ~remainder
    }
}
