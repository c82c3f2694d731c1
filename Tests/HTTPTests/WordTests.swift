import Testing

@testable import HTTP

/// What is done eight bytes at a time does what a look at each byte alone would.
@Suite struct WordTests {
    /// Every byte at every place among bytes of each kind.
    private func check(
        among neighbours: String, _ find: (Span<UInt8>, Int, Int) -> Int, that test: (UInt8) -> Bool
    ) {
        for neighbour in bytes(neighbours) {
            for length in [1, 8, 9, 17, 24] {
                for position in 0..<length {
                    for byte in UInt8.min...UInt8.max {
                        var input = [UInt8](repeating: neighbour, count: length)
                        input[position] = byte
                        for (start, end) in [(0, length), (position, length), (length, length), (0, position), (0, length - 1)] {
                            let expected = (start..<end).first { test(input[$0]) } ?? end
                            guard find(input.span, start, end) != expected else { continue }
                            Issue.record("byte \(byte) at \(position) of \(length), in \(start)..<\(end)")
                        }
                    }
                }
            }
        }
    }

    @Test func `Ends of text, tokens and what is visible are found at every offset, for every byte`() {
        check(among: "a\t\u{7F}", { ByteScanning.endOfText($0, from: $1, to: $2) }, that: ByteClass.isForbiddenInText)
        check(among: "aZ-9\u{7F}", { ByteScanning.endOfToken($0, from: $1, to: $2) }, that: { !ByteClass.isToken($0) })
        check(among: "a!\u{7F} ", { ByteScanning.endOfVisible($0, from: $1, to: $2) }, that: { $0 < 0x21 || $0 == 0x7F })
        check(among: "a?\">", { ByteScanning.firstOf(0x3F, or: 0x23, $0, from: $1, to: $2) }, that: { $0 == 0x3F || $0 == 0x23 })
    }

    @Test func `Ends of host names and of plain paths are found at every offset, for every byte`() {
        let host = Set(bytes("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        check(among: "aZ9.-_:", { ByteScanning.endOfHostName($0, from: $1, to: $2) }, that: { !host.contains($0) })
        let plain = host.subtracting(bytes("._")).union(bytes("/"))
        check(among: "aZ9/-.", { ByteScanning.endOfPlainPath($0, from: $1, to: $2) }, that: { !plain.contains($0) })
    }

    @Test func `Runs are equal just if they are but for the case of ASCII letters`() {
        func lowered(_ run: [UInt8]) -> [UInt8] { run.map(ByteClass.lowerCase) }
        for length in 0...26 {
            let run = (0..<length).map { UInt8(0x41 + $0) }
            let longer = run + [0x41]
            let isEqual = Text.equal(run.span, 0..<length, lowered(run).span, 0..<length)
            let isEqualToLonger = Text.equal(run.span, 0..<length, longer.span, 0..<length + 1)
            #expect(isEqual && !isEqualToLonger)
            for position in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var other = run
                    other[position] = byte
                    let expected = lowered(run) == lowered(other)
                    guard Text.equal(run.span, 0..<length, other.span, 0..<length) != expected else { continue }
                    Issue.record("byte \(byte) at \(position) of \(length)")
                }
            }
        }
        for byte in UInt8.min...UInt8.max {
            let run: [UInt8] = [0x6B, byte, 0x65, 0x70, 0x2D, 0x61, 0x6C, 0x69, 0x76, byte]
            let isKeepAlive = Text.equal(run.span, 0..<10, "keep-alive")
            let isEE = Text.equal(run.span, 1..<3, "Ee")
            let isE = byte == 0x45 || byte == 0x65
            #expect(isKeepAlive == isE && isEE == isE)
        }
    }

    @Test func `A word tells all runs of its length apart`() {
        for length in 1...8 {
            let run = (0..<length).map { UInt8(0x41 + $0) }
            for position in 0..<length {
                for byte in UInt8.min...UInt8.max {
                    var other = run
                    other[position] = byte
                    let same = ByteScanning.word(run.span, 0..<length) == ByteScanning.word(other.span, 0..<length)
                    #expect(same == (byte == run[position]))
                }
            }
        }
    }

    @Test func `A path is normal just if no byte must be written otherwise and no dot begins a segment`() {
        func isNormal(_ path: [UInt8]) -> Bool {
            path.first == 0x2F && path.allSatisfy(ByteClass.isPath)
                && !zip(path, path.dropFirst()).contains { $0 == 0x2F && $1 == 0x2E }
        }
        for length in 1...20 {
            for position in 0..<length {
                for pair in ["/.", "a.", "//", "./", "%2", "a;", "a\u{E9}", "-_", "9~", "a\\", "a ", "?a"] {
                    var path = bytes("/aaaaaaaaaaaaaaaaaaa?.#")
                    path.replaceSubrange(position..<position + 2, with: Array(pair.utf8.prefix(2)))
                    let found = NormalisedPath.isNormal(path.span, 0..<length)
                    #expect(found == isNormal(Array(path[0..<length])), "\(text(path))")
                }
            }
        }
    }

    @Test func `A control byte in a value of any length is refused, wherever it stands`() throws {
        for length in 0...40 {
            for position in 0...length {
                for (byte, code) in [(0x00, "control_byte"), (0x7F, "control_byte"), (0x0A, "bare_lf"), (0x0D, "bare_cr")] {
                    var value = [UInt8](repeating: 0x61, count: length)
                    value.insert(UInt8(byte), at: position)
                    let input = bytes("GET / HTTP/1.1\r\nX:") + value + bytes("b\r\nHost: a\r\n\r\n")
                    let outcome = deliver(input, at: [input.count], to: RequestHead())
                    #expect(outcome == .refused(code, 400))
                }
                var value = [UInt8](repeating: 0x61, count: length)
                value.insert(0x09, at: position)
                let head = try request("GET / HTTP/1.1\r\nX:" + text(value) + "b\r\nHost: a\r\n\r\n")
                let line = try #require(head.fields.lines.first)
                #expect(head.fields.string(of: line).utf8.count == (position == 0 ? length + 1 : length + 2))
            }
        }
    }
}
