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
