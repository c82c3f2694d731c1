import Testing

@testable import TLS

/// What is read out of a client's hello.
@Suite struct OfferTests {
    /// A hello with these suites and extensions, each with its content.
    private static func hello(_ suites: [UInt16], _ extensions: [(UInt16, [UInt8])]) -> [UInt8] {
        func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        let list = extensions.flatMap { two(Int($0)) + two($1.count) + $1 }
        let body =
            [3, 3] + [UInt8](repeating: 9, count: 32) + [2, 1, 1] + two(suites.count * 2) + suites.flatMap { two(Int($0)) } + [
                1, 0,
            ]
            + two(list.count) + list
        return [1, 0] + two(body.count) + body
    }

    private static func list(_ numbers: [UInt16]) -> [UInt8] {
        [UInt8(numbers.count * 2 >> 8), UInt8(numbers.count * 2 & 0xFF)] + numbers.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }

    /// What FoxIO's description of JA4 takes as its example, with its extensions in some order and numbers that mean nothing.
    private static let example = hello(
        [
            0x2A2A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D,
            0x002F,
            0x0035,
        ],
        [
            (0x8A8A, []), (0x001B, [2, 0, 2]), (0x0000, [0, 12, 0, 0, 9] + Array("host.test".utf8)), (0x0033, []),
            (0x0010, [0, 12, 2] + Array("h2".utf8) + [8] + Array("http/1.1".utf8)), (0x4469, []), (0x0017, []),
            (0x002D, []), (0x000D, list([0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601])), (0x0005, []),
            (0x0023, []), (0x0012, []), (0x002B, [6, 0xDA, 0xDA, 3, 4, 3, 3]), (0xFF01, [0]), (0x000B, [1, 0]),
            (0x000A, list([0x3A3A, 0x11EC, 0x001D, 0x0017, 0x0200])), (0x0015, [0, 0]), (0x7A7A, []),
        ])

    @Test func `a hello is read as it was written`() throws {
        let offer = try #require(TLSOffer(message: Self.example))
        #expect(offer.serverName == "host.test")
        #expect(offer.versions == ["TLSv1.3", "TLSv1.2"])
        #expect(offer.groups == ["X25519MLKEM768", "X25519", "P-256", "0x0200"])
        #expect(offer.protocols == ["h2", "http/1.1"])
        #expect(offer.suites { $0 == 0x1301 ? "ONE" : nil }.prefix(2) == ["ONE", "0x1302"])
        #expect(offer.ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1")
    }

    @Test func `of a hello without extensions there is little to say`() throws {
        let offer = try #require(TLSOffer(message: Self.hello([0x002F, 0x00FF, 0x5600], [])))
        #expect(offer.serverName == nil && offer.groups.isEmpty && offer.protocols.isEmpty)
        #expect(offer.versions == ["TLSv1.2"])
        #expect(offer.suites { _ in nil } == ["0x002F"])
        #expect(offer.ja4.hasPrefix("t12i030000_") && offer.ja4.hasSuffix("_000000000000"))
    }

    @Test func `a hello that is cut anywhere tells less, and nothing else`() throws {
        for count in Self.example.indices {
            // Whole but for its end, with a length that fits: what remains is read.
            let cut = Array(Self.example.prefix(count))
            #expect(TLSOffer(message: cut) == nil)
            guard count > 4 else { continue }
            let fitting = [1, 0, UInt8((count - 4) >> 8), UInt8((count - 4) & 0xFF)] + cut.dropFirst(4)
            let offer = TLSOffer(message: fitting)
            #expect(offer.map { $0.ja4.count == 36 } ?? true)
        }
    }

    @Test(arguments: 0..<256) func `a hello with a wrong byte is read to no harm`(value: Int) {
        for index in Self.example.indices {
            var changed = Self.example
            changed[index] = UInt8(value)
            _ = TLSOffer(message: changed).map { ($0.ja4, $0.groups, $0.protocols, $0.versions) }
        }
    }
}
