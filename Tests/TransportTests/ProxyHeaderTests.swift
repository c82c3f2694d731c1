import Testing

@testable import Transport

/// PROXY protocol headers by value: HAProxy's doc/proxy-protocol.txt.
@Suite("PROXY protocol headers")
struct ProxyHeaderTests {
    private func read(_ bytes: [UInt8]) -> ProxyHeader.Reading { ProxyHeader.read(bytes.span) }
    private func read(_ text: String) -> ProxyHeader.Reading { read(Array(text.utf8)) }

    private static func v2(
        _ command: UInt8 = 0x21, _ family: UInt8 = 0x11, _ addresses: [UInt8] = v4, _ fields: [UInt8] = []
    ) -> [UInt8] {
        let content = addresses + fields
        return [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A, command, family]
            + [UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
    }

    /// 192.0.2.1:40000 to 198.51.100.2:443.
    private static let v4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 2, 0x9C, 0x40, 0x01, 0xBB]
    private static let v6: [UInt8] =
        [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1, 0x20, 0x01, 0x0D, 0xB8]
        + [UInt8](repeating: 0, count: 11) + [2, 0x9C, 0x40, 0x01, 0xBB]
    /// The two of `v4`, IPv4-mapped.
    private static let mapped: [UInt8] =
        [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 1] + [UInt8](repeating: 0, count: 10)
        + [0xFF, 0xFF, 198, 51, 100, 2, 0x9C, 0x40, 0x01, 0xBB]
    /// TLSv1.3, a common name, a cipher.
    private static let tls: [UInt8] =
        [0x20, 0, 39, 0x01, 0, 0, 0, 0, 0x21, 0, 7] + Array("TLSv1.3".utf8) + [0x22, 0, 2, 0x61, 0x62, 0x23, 0, 16]
        + Array("TLS_AES_128_GCM_".utf8)

    private static func header(
        _ source: String?, _ destination: String? = nil, tls: ProxyHeader.ClientTLS? = nil
    ) -> ProxyHeader {
        ProxyHeader(
            source: source.flatMap { SocketAddress(literal: $0, port: 40000) },
            destination: destination.flatMap { SocketAddress(literal: $0, port: 443) }, tls: tls)
    }

    private static let whole: [(bytes: [UInt8], header: ProxyHeader)] = [
        (Array("PROXY TCP4 192.0.2.1 198.51.100.2 40000 443\r\n".utf8), header("192.0.2.1", "198.51.100.2")),
        (Array("PROXY TCP6 2001:db8::1 2001:db8::2 40000 443\r\n".utf8), header("2001:db8::1", "2001:db8::2")),
        // As a proxy has it that takes IPv4 clients by an IPv6 socket: they have the form that they have without it.
        (Array("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 40000 443\r\n".utf8), header("192.0.2.1", "198.51.100.2")),
        (v2(0x21, 0x21, mapped), header("192.0.2.1", "198.51.100.2")),
        (Array("PROXY UNKNOWN\r\n".utf8), header(nil)),
        (Array("PROXY UNKNOWN ffff:f...f:ffff whatever 65535\r\n".utf8), header(nil)),
        (v2(), header("192.0.2.1", "198.51.100.2")),
        (v2(0x21, 0x21, v6), header("2001:db8::1", "2001:db8::2")),
        // LOCAL: the addresses are of no account, whether there are any or not.
        (v2(0x20), header(nil)),
        (v2(0x20, 0x00, []), header(nil)),
        (v2(0x20, 0x11, [], [0x04, 0, 1, 0x61]), header(nil)),
        (v2(0x20, 0x21, [1, 2, 3]), header(nil)),
        (v2(0x21, 0x00, []), header(nil)),
        // Neither datagrams nor Unix sockets are a client of ours.
        (v2(0x21, 0x12), header(nil)),
        (v2(0x21, 0x31, [UInt8](repeating: 0x41, count: 216)), header(nil)),
        (
            v2(0x21, 0x11, v4, tls),
            header("192.0.2.1", "198.51.100.2", tls: .init(version: "TLSv1.3", cipher: "TLS_AES_128_GCM_"))
        ),
        // A client that spoke no TLS; a proxy's own TLS; no-ops and fields of other kinds.
        (v2(0x21, 0x11, v4, [0x20, 0, 5, 0x00, 0, 0, 0, 0]), header("192.0.2.1", "198.51.100.2")),
        (v2(0x20, 0x11, v4, tls), header(nil)),
        (v2(0x21, 0x11, v4, [0x04, 0, 0, 0x02, 0, 1, 0x61, 0xEA, 0, 2, 1, 2]), header("192.0.2.1", "198.51.100.2")),
        // Its checksum, and a field behind it.
        (
            v2(0x21, 0x11, v4, [0x03, 0, 4, 0x85, 0x88, 0x02, 0xAD, 0x04, 0, 1, 0]),
            header("192.0.2.1", "198.51.100.2")
        ),
    ]

    @Test("are read whole, and not before they are", arguments: whole.indices)
    func everyCut(row: Int) {
        let (bytes, header) = Self.whole[row]
        for count in 0..<bytes.count { #expect(read(Array(bytes[..<count])) == .incomplete, "\(count) bytes") }
        #expect(read(bytes) == .header(header, length: bytes.count))
        #expect(read(bytes + Array("GET / HTTP/1.1\r\n".utf8)) == .header(header, length: bytes.count))
    }

    private static let malformed: [String] = [
        "PROXY \r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY tcp4 1.2.3.4 1.2.3.4 1 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 1\r\n", "PROXY  TCP4 1.2.3.4 1.2.3.4 1 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n",
        "PROXY TCP4 1.2.3.4 ::1 1 1\r\n", "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n".replacing(" 1\r\n", with: "\u{e9} 1\r\n"),
        "PROXY " + String(repeating: "x", count: 107),
    ]

    @Test("of version 1 that break a rule are malformed", arguments: malformed)
    func malformedText(line: String) {
        guard case .malformed = read(line) else { return #expect(Bool(false), "\(read(line))") }
    }

    private static let malformedBlocks: [[UInt8]] = [
        v2(0x11), v2(0x31), v2(0x22), v2(0x21, 0x11, Array(v4.dropLast())), v2(0x21, 0x21, v4), v2(0x21, 0x31, v4),
        v2(0x21, 0x11, v4, [0x04]), v2(0x21, 0x11, v4, [0x04, 0]), v2(0x21, 0x11, v4, [0x04, 0, 1]),
        v2(0x21, 0x11, v4, [0x20, 0, 4, 1, 0, 0, 0]), v2(0x21, 0x11, v4, [0x20, 0, 8, 1, 0, 0, 0, 0, 0x21, 0, 1]),
        v2(0x21, 0x11, v4, [0x03, 0, 4, 0x85, 0x88, 0x02, 0xAE, 0x04, 0, 1, 0]), v2(0x21, 0x11, v4, [0x03, 0, 3, 1, 2, 3]),
        v2(0x21, 0x11, v4, [0x03, 0, 4, 0x85, 0x88, 0x02, 0xAD, 0x04, 0, 1, 1]),
        v2(0x21, 0x11, v4, [UInt8](repeating: 0, count: 4096)),
    ]

    @Test("of version 2 that break a rule are malformed", arguments: malformedBlocks.indices)
    func malformedBlock(row: Int) {
        guard case .malformed = read(Self.malformedBlocks[row]) else {
            return #expect(Bool(false), "\(read(Self.malformedBlocks[row]))")
        }
    }

    @Test(
        "are not taken for what else a client may begin with",
        arguments: ["GET / HTTP/1.1\r\n", "\u{16}\u{3}\u{1}", "PRI * HTTP/2.0", "PROXYX", "\r\n\r\nGET"])
    func absent(text: String) { #expect(read(text) == .absent) }
}
