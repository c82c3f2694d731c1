import Testing

@testable import HTTP

@Suite struct ByteTests {
    @Test(arguments: [0, 1, 9, 10, 15, 16, 99, 100, 255, 256, 4096, 1 << 59, 1 << 60, UInt64(Int64.max), UInt64.max])
    func `Numbers are appended in decimal and hexadecimal without leading zeros`(_ number: UInt64) {
        var out: [UInt8] = []
        out.append(decimal: number)
        #expect(text(out) == String(number))
        out.removeAll()
        out.append(hex: number)
        #expect(text(out) == String(number, radix: 16))
    }

    @Test func `Runs and literals are appended behind what is there`() {
        var out = bytes("<")
        let source = bytes("0123456789")
        out.append(source.span)
        out.append(source.span, 3..<5)
        out.append(source, 5..<5)
        out.append("lit")
        out.append("c" as StaticString)
        out.append("" as StaticString)
        #expect(text(out) == "<012345678934litc")
    }

    @Test func `The end of text is found at every offset, for every byte`() {
        for length in 0..<20 {
            for position in 0..<max(1, length) {
                for byte in UInt8.min...UInt8.max {
                    var input = [UInt8](repeating: 0x61, count: length)
                    if position < length { input[position] = byte }
                    let forbidden = (byte < 0x20 && byte != 9) || byte == 0x7F
                    let expected = position < length && forbidden ? position : length
                    #expect(ByteScanning.endOfText(input.span, from: 0, to: length) == expected)
                    if position > 0, position < length {
                        #expect(ByteScanning.endOfText(input.span, from: position, to: length) == expected)
                        #expect(ByteScanning.endOfText(input.span, from: 0, to: position) == position)
                    }
                }
            }
        }
    }

    /// Every byte at every place among bytes of each kind: found where looking at each byte alone finds it.
    private func check(
        among neighbours: String, _ find: (Span<UInt8>, Int, Int) -> Int, that test: (UInt8) -> Bool
    ) {
        for neighbour in bytes(neighbours) {
            for length in [1, 7, 8, 9, 15, 16, 17, 35] {
                for position in 0..<length {
                    for byte in UInt8.min...UInt8.max {
                        var input = [UInt8](repeating: neighbour, count: length)
                        input[position] = byte
                        for start in [0, position, length] {
                            let expected = (start..<length).first { test(input[$0]) } ?? length
                            guard find(input.span, start, length) != expected else { continue }
                            Issue.record("byte \(byte) at \(position) of \(length), from \(start)")
                        }
                    }
                }
            }
        }
    }

    @Test func `Ends of text, of a token and of what is visible are found at every offset, for every byte`() {
        check(among: "a\t\u{7F}", { ByteScanning.endOfText($0, from: $1, to: $2) }, that: ByteClass.isForbiddenInText)
        check(among: "aZ-9\u{7F}", { ByteScanning.endOfToken($0, from: $1, to: $2) }, that: { !ByteClass.isToken($0) })
        check(among: "a!\u{7F} ", { ByteScanning.endOfVisible($0, from: $1, to: $2) }, that: { $0 < 0x21 || $0 == 0x7F })
        check(among: "a?\">", { ByteScanning.firstOf(0x3F, or: 0x23, $0, from: $1, to: $2) }, that: { $0 == 0x3F || $0 == 0x23 })
    }

    @Test func `Byte classes are those of the grammars`() {
        let token = Set(bytes("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        let unreserved = Set(bytes("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        let path = unreserved.union(bytes("!$&'()*+,;=:@/"))
        for byte in UInt8.min...UInt8.max {
            #expect(ByteClass.isToken(byte) == token.contains(byte))
            #expect(ByteClass.isUnreserved(byte) == unreserved.contains(byte))
            #expect(ByteClass.isPath(byte) == path.contains(byte))
        }
    }

    @Test func `List members are split outside quoted strings`() {
        let input = bytes(" a , ,b c,\"d,\\\",e\" ;f,\"open, g")
        var members = ListMembers(0..<input.count)
        var found: [String] = []
        while let member = members.next(input.span) { found.append(text(Array(input[member]))) }
        #expect(found == ["a", "b c", "\"d,\\\",e\" ;f", "\"open, g"])
    }

    @Test func `A field section finds values, tokens and numbers`() {
        var section = FieldSection()
        section.append(name: bytes("TE").span, value: bytes("a, Trailers;q=1").span)
        section.append(name: bytes("Te").span, value: bytes("trailers").span)
        section.append(name: bytes("Max-Forwards").span, value: bytes("12").span)
        #expect(section.count(of: .te) == 2 && section.count(of: .host) == 0)
        #expect(section.contains(.te, token: "TRAILERS") && !section.contains(.te, token: "trailer"))
        #expect(section.string(of: .te) == "a, Trailers;q=1" && section.string(of: .age) == nil)
        #expect(section.number(of: .maxForwards) == 12 && section.number(of: .te) == nil)
    }
}
