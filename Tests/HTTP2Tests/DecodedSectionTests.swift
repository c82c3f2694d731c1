import HTTP
import HTTP2
import Testing

@Suite("Field sections that come again")
struct DecodedSectionTests {
    /// What was decoded, and what it is known by.
    private static func remember(_ section: [UInt8], by decoder: FieldDecoder) throws -> DecodedSection? {
        _ = try decoder.decode(section)
        return decoder.remember(section.span)
    }

    /// `name: value` as a literal that enters the table (RFC 7541 §6.2.1).
    private static func kept(_ name: String, _ value: String) -> [UInt8] {
        [0x40] + number(name.utf8.count, prefix: 7) + bytes(name) + number(value.utf8.count, prefix: 7) + bytes(value)
    }

    /// The field that entered the table before so many others.
    private static func reference(_ age: Int) -> [UInt8] { [0x80 | UInt8(62 + age)] }

    @Test("a section without the table is known again, by its bytes alone, whatever the table has become")
    func plain() throws {
        let section = [0x82, 0x86] + literals([(":path", "/a"), ("x", "y")])
        let decoder = FieldDecoder()
        let known = try #require(try Self.remember(section, by: decoder))
        #expect(decoder.knows(section, known))
        #expect(!decoder.knows(section.dropLast(), known))
        #expect(!decoder.knows([0x83] + section.dropFirst(), known))
        _ = try decoder.decode(Self.kept("a", "b"))
        #expect(decoder.knows(section, known))
    }

    @Test("a section that refers to the table is the same as long as the table is")
    func references() throws {
        let decoder = FieldDecoder()
        _ = try decoder.decode(Self.kept("a", "b") + Self.kept("c", "d"))
        let section = [0x82] + Self.reference(0) + Self.reference(1)
        let known = try #require(try Self.remember(section, by: decoder))
        #expect(decoder.knows(section, known))
        _ = try decoder.decode(Self.kept("e", "f"))
        #expect(!decoder.knows(section, known))
        #expect(try decoder.decode(section) == [Field(":method", "GET"), Field("e", "f"), Field("c", "d")])
    }

    @Test("a name that the table says is a reference, too")
    func names() throws {
        let decoder = FieldDecoder()
        _ = try decoder.decode(Self.kept("a", "b"))
        // Not indexed, name of index 62 (RFC 7541 §6.2.2).
        let section: [UInt8] = [0x0F, 62 - 15, 1, 0x7A]
        let known = try #require(try Self.remember(section, by: decoder))
        #expect(decoder.knows(section, known))
        _ = try decoder.decode(Self.kept("e", "f"))
        #expect(!decoder.knows(section, known))
    }

    @Test("what a section adds to the table is added again")
    func additions() throws {
        let decoder = FieldDecoder()
        let section = Self.kept("a", "b") + [0x82] + Self.kept("c", "d")
        let known = try #require(try Self.remember(section, by: decoder))
        _ = try decoder.decode(Self.kept("e", "f"))
        #expect(decoder.knows(section, known))
        let all = (0..<5).flatMap(Self.reference)
        let fields = [("c", "d"), ("a", "b"), ("e", "f"), ("c", "d"), ("a", "b")].map { Field($0.0, $0.1) }
        #expect(try decoder.decode(all) == fields)
    }

    @Test(
        "what means something else the next time is not known again",
        arguments: [
            // It adds, and refers to what moves by that.
            kept("e", "f") + reference(1),
            // It changes the table's size.
            [0x20] + kept("e", "f"), [0x3F, 0xE1, 0x1F, 0x82],
            // It adds more than the table holds.
            kept("e", String(repeating: "f", count: 4_064)), kept("e", String(repeating: "f", count: 4_063)) + kept("g", "h"),
        ])
    func unknown(section: [UInt8]) throws {
        let decoder = FieldDecoder()
        _ = try decoder.decode(Self.kept("a", "b"))
        #expect(try Self.remember(section, by: decoder) == nil)
    }

    @Test("a table that has become smaller does not take again what it took")
    func smaller() throws {
        let decoder = FieldDecoder()
        let section = Self.kept("a", "b") + Self.kept("c", "d")
        let known = try #require(try Self.remember(section, by: decoder))
        // 64 bytes: one of the two.
        _ = try decoder.decode([0x3F, 64 - 31])
        #expect(!decoder.knows(section, known))
        _ = try decoder.decode(section)
        #expect(try decoder.decode(Self.reference(0)) == [Field("c", "d")])
        #expect(throws: ConnectionError.self) { _ = try decoder.decode(Self.reference(1)) }
    }

    @Test("among any others sections that are known again leave the table as if they had been decoded", arguments: 0..<50)
    func agreement(seed: UInt64) throws {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            return Int(random % UInt64(bound))
        }
        let (plain, quick) = (FieldDecoder(), FieldDecoder())
        let repeated = (0..<3).map { number in
            (0...number).reduce(into: [UInt8]()) {
                $0 += Self.kept("name-\(number)-\($1)", String(repeating: "v", count: next(300)))
            }
        }
        var known: [Int: DecodedSection] = [:]
        for _ in 0..<200 {
            let which = next(4)
            if which < 3 {
                let section = repeated[which]
                let fields = try plain.decode(section)
                if let earlier = known[which], quick.knows(section, earlier) { continue }
                #expect(try quick.decode(section) == fields)
                known[which] = quick.remember(section.span)
            } else {
                let section = Self.kept("other", "\(next(1000))") + Self.reference(0)
                #expect(try quick.decode(section) == plain.decode(section))
            }
            for age in 0...next(20) {
                let (one, other) = (try? plain.decode(Self.reference(age)), try? quick.decode(Self.reference(age)))
                #expect(one == other)
                if one == nil { break }
            }
        }
    }
}

extension FieldDecoder {
    fileprivate func knows(_ section: [UInt8], _ earlier: DecodedSection) -> Bool { repeats(section.span, earlier) }
}
