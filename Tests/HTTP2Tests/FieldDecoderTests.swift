import HTTP2
import Testing

@Suite("Field sections as they are read")
struct FieldDecoderTests {
    /// Sections that share one table.
    struct Vectors: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sections: [(bytes: [UInt8], fields: [Field])]

        init(_ title: String, _ sections: [(String, [Field])]) {
            testDescription = title
            self.sections = sections.map { (hexadecimal($0.0), $0.1) }
        }
    }

    private static let requests: [[Field]] = [
        [Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"), Field(":authority", "www.example.com")],
        [
            Field(":method", "GET"), Field(":scheme", "http"), Field(":path", "/"), Field(":authority", "www.example.com"),
            Field("cache-control", "no-cache"),
        ],
        [
            Field(":method", "GET"), Field(":scheme", "https"), Field(":path", "/index.html"),
            Field(":authority", "www.example.com"), Field("custom-key", "custom-value"),
        ],
    ]

    private static let responses: [[Field]] = [
        [
            Field(":status", "302"), Field("cache-control", "private"), Field("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            Field("location", "https://www.example.com"),
        ],
        [
            Field(":status", "307"), Field("cache-control", "private"), Field("date", "Mon, 21 Oct 2013 20:13:21 GMT"),
            Field("location", "https://www.example.com"),
        ],
        [
            Field(":status", "200"), Field("cache-control", "private"), Field("date", "Mon, 21 Oct 2013 20:13:22 GMT"),
            Field("location", "https://www.example.com"), Field("content-encoding", "gzip"),
            Field("set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"),
        ],
    ]

    /// RFC 7541 Appendix C.5 and C.6 have a table of 256 bytes: so much is said first (§6.3).
    private static let table256 = "3f e1 01"

    /// RFC 7541, Appendix C.
    static let published = [
        Vectors(
            "C.2.1",
            [("400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572", [Field("custom-key", "custom-header")])]),
        Vectors("C.2.2", [("040c 2f73 616d 706c 652f 7061 7468", [Field(":path", "/sample/path")])]),
        Vectors("C.2.3", [("1008 7061 7373 776f 7264 0673 6563 7265 74", [Field("password", "secret")])]),
        Vectors("C.2.4", [("82", [Field(":method", "GET")])]),
        Vectors(
            "C.3",
            [
                ("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", requests[0]),
                ("8286 84be 5808 6e6f 2d63 6163 6865", requests[1]),
                ("8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65", requests[2]),
            ]),
        Vectors(
            "C.4",
            [
                ("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", requests[0]), ("8286 84be 5886 a8eb 1064 9cbf", requests[1]),
                ("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf", requests[2]),
            ]),
        Vectors(
            "C.5",
            [
                (
                    table256 + """
                        4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32
                        3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d
                        """, responses[0]
                ),
                ("4803 3330 37c1 c0bf", responses[1]),
                (
                    """
                    88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
                    7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61
                    6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31
                    """, responses[2]
                ),
            ]),
        Vectors(
            "C.6",
            [
                (
                    table256 + """
                        4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad
                        1718 63c7 8f0b 97c8 e9ae 82ae 43d3
                        """, responses[0]
                ),
                ("4883 640e ffc1 c0bf", responses[1]),
                (
                    """
                    88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
                    e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07
                    """, responses[2]
                ),
            ]),
    ]

    @Test("RFC 7541's examples, whole and cut at every byte", arguments: published)
    func examples(vectors: Vectors) throws {
        let whole = FieldDecoder()
        let byteByByte = FieldDecoder()
        for (section, fields) in vectors.sections {
            #expect(try whole.decode(section) == fields)
            #expect(try byteByByte.decode(section, cuts: Array(0...section.count)) == fields)
        }
        for cut in 0...(vectors.sections.map(\.bytes.count).max() ?? 0) {
            let decoder = FieldDecoder()
            for (section, fields) in vectors.sections {
                #expect(try decoder.decode(section, cuts: [min(cut, section.count)]) == fields, "cut at \(cut)")
            }
        }
    }

    @Test("a section that ends before its end is an error, wherever; but not where a field ends", arguments: published)
    func short(vectors: Vectors) throws {
        for end in vectors.sections.indices {
            let (section, fields) = vectors.sections[end]
            for count in 0..<section.count {
                let decoder = FieldDecoder()
                for earlier in vectors.sections[..<end] { _ = try decoder.decode(earlier.bytes) }
                do {
                    let decoded = try decoder.decode(Array(section[..<count]))
                    #expect(decoded.count < fields.count && decoded == Array(fields[..<decoded.count]), "\(count) bytes")
                } catch {
                    #expect(error.code == .compressionError, "\(count) bytes: \(error)")
                }
            }
        }
    }

    @Test(
        "what RFC 7541 wants refused is, whole and byte by byte",
        arguments: [
            ("§6.1 index 0", "80"), ("§2.3.3 an index beyond the tables", "be"), ("the same, of many bytes", "ff 80 01"),
            ("the same, of a name", "7f 00 01 61"), ("the same, of a name that is not indexed", "0f 2f 01 61"),
            ("§4.2 a table larger than was allowed", "3f e2 1f"), ("§4.2 a table's size behind a field", "82 20"),
            ("§5.1 a number without an end", "ff ff ff ff ff ff ff ff ff ff ff ff 01"),
            ("§5.1 a number over 2^32", "ff ff ff ff ff ff 0f"),
            ("§5.2 a string longer than the section", "00 05 61 62"), ("a value that is missing", "00 01 61"),
            ("§5.2 padding of a whole byte", "00 82 1f ff 01 61"), ("§5.2 padding that is not EOS", "00 81 18 01 61"),
            ("§5.2 EOS", "00 84 ff ff ff ff 01 61"),
        ])
    func refused(rule: String, section: String) {
        let section = hexadecimal(section)
        for cuts in [[], Array(0...section.count)] {
            let error = #expect(throws: ConnectionError.self) { _ = try FieldDecoder().decode(section, cuts: cuts) }
            #expect(error?.code == .compressionError)
        }
    }

    @Test(
        "the table may be made smaller, and larger again, at a section's beginning",
        arguments: ["20", "20 3f e1 1f", "20 20 20 3f e1 1f", "3f e1 01"])
    func resized(updates: String) throws {
        let decoder = FieldDecoder()
        #expect(try decoder.decode(hexadecimal("4001 6101 62")) == [Field("a", "b")])
        #expect(try decoder.decode(hexadecimal("be")) == [Field("a", "b")])
        #expect(try decoder.decode(hexadecimal(updates + "82")) == [Field(":method", "GET")])
        if updates.hasPrefix("20") {
            #expect(throws: ConnectionError.self, "the table was emptied") { _ = try decoder.decode([0xBE]) }
        } else {
            #expect(try decoder.decode(hexadecimal("be")) == [Field("a", "b")])
        }
    }

    @Test("a table holds what fits, and an entry that is larger than the table empties it")
    func evicted() throws {
        let decoder = FieldDecoder()
        func literal(_ value: String) -> [UInt8] { [0x40, 1, 0x61, 0x7F, UInt8(value.utf8.count - 127)] + bytes(value) }
        // RFC 7541 §4.1: 32 bytes, and name and value: 20 of 200 bytes fit into 4,096.
        let value = String(repeating: "x", count: 167)
        for _ in 0..<21 { _ = try decoder.decode(literal(value)) }
        #expect(try decoder.decode(hexadecimal("d1")) == [Field("a", value)])
        #expect(throws: ConnectionError.self) { _ = try decoder.decode(hexadecimal("d2")) }
        let other = FieldDecoder()
        _ = try other.decode(literal(value))
        let large = String(repeating: "y", count: 5000)
        #expect(try other.decode([0x40, 1, 0x61, 0x7F, 0x89, 0x26] + bytes(large)) == [Field("a", large)])
        #expect(throws: ConnectionError.self) { _ = try other.decode([0xBE]) }
    }

    @Test("the table forgets nothing that it should keep, and keeps nothing that it should forget, however much goes through it")
    func table() throws {
        let decoder = FieldDecoder()
        var dice = SystemRandomNumberGenerator()
        // The newest first.
        var model: [Field] = []
        var limit = 4096
        func trim() {
            while model.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count + 32 }) > limit { model.removeLast() }
        }
        for round in 0..<1000 {
            if round % 200 == 199 {
                limit = [0, 100, 1000, 4096][Int.random(in: 0..<4, using: &dice)]
                _ = try decoder.decode([0x20 | number(limit, prefix: 5)[0]] + number(limit, prefix: 5).dropFirst())
                trim()
            }
            if round % 70 == 0 { decoder.releaseMemory() }
            let count = [0, 1, 20, 300, 5000][Int.random(in: 0..<5, using: &dice)]
            let value = String(repeating: "v", count: count) + (count > 0 ? "\(round)" : "")
            var field = Field("n\(round)", value)
            var section: [UInt8] = [0x40] + number(field.name.utf8.count, prefix: 7) + bytes(field.name)
            if round % 3 == 0, let place = model.indices.randomElement(using: &dice) {
                field = Field(model[place].name, value)
                let index = number(62 + place, prefix: 6)
                section = [0x40 | index[0]] + index.dropFirst()
            }
            #expect(try decoder.decode(section + number(value.utf8.count, prefix: 7) + bytes(value)) == [field])
            model.insert(field, at: 0)
            trim()
            for place in model.indices {
                let index = number(62 + place, prefix: 7)
                #expect(try decoder.decode([0x80 | index[0]] + index.dropFirst()) == [model[place]])
            }
        }
        let beyond = number(62 + model.count, prefix: 7)
        #expect(throws: ConnectionError.self) { _ = try decoder.decode([0x80 | beyond[0]] + beyond.dropFirst()) }
    }

    @Test("a section of nothing has no field")
    func empty() throws {
        #expect(try FieldDecoder().decode([]) == [])
        #expect(try FieldDecoder().decode([], cuts: [0, 0]) == [])
    }
}
