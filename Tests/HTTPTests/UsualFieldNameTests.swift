import Testing

@testable import HTTP

/// What recognises a line by its first bytes says the same as what reads its name byte by byte, or nothing.
@Suite struct UsualFieldNameTests {
    private static let names = [
        "host", "accept", "accept-encoding", "content-length", "content-type", "cookie", "connection", "date", "server",
        "user-agent",
    ]

    /// What stands in a line, as the bytes of its name tell.
    private func slowly(_ line: [UInt8]) -> (field: KnownField, count: Int)? {
        let count = ByteScanning.endOfToken(line.span, from: 0, to: line.count)
        guard count > 0, count < line.count, line[count] == 0x3A else { return nil }
        return (KnownField.recognise(line.span, 0..<count), count)
    }

    @Test(arguments: names)
    func `A usual name is found in any case, and at any place`(_ name: String) throws {
        for spelled in [name, name.uppercased(), name.prefix(1).uppercased() + name.dropFirst()] {
            let line = bytes("GET\r\n\(spelled): x, and more\r\n")
            let usual = UsualFieldName(line.span, at: 5)
            let found = try #require(usual)
            let known = try #require(slowly(Array(line.dropFirst(5))))
            #expect(found.field == known.field && found.count == known.count && known.count == name.utf8.count)
            #expect(known.field != .other)
        }
    }

    @Test(arguments: names)
    func `No byte can be exchanged so that another name, or what is no name, is taken for it`(_ name: String) {
        let line = bytes(name + ": x, and more\r\n")
        for place in 0...name.utf8.count {
            for byte in UInt8.min...UInt8.max {
                var other = line
                other[place] = byte
                guard let found = UsualFieldName(other.span, at: 0) else { continue }
                let known = slowly(other)
                #expect(known?.field == found.field && known?.count == found.count, "\(byte) at \(place)")
            }
        }
    }

    @Test(arguments: names)
    func `Where not all of it has come it is not found`(_ name: String) {
        let line = bytes(name + ":")
        for count in 0..<line.count {
            let found = UsualFieldName(line.span.extracting(first: count), at: 0)
            #expect(found?.count == nil)
        }
    }
}
