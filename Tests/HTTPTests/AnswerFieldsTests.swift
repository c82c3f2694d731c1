import Testing

@testable import HTTP

@Suite struct AnswerFieldsTests {
    /// Names and values as they are lent.
    private func pairs(_ fields: AnswerFields) -> [String] {
        var pairs: [String] = []
        fields.forEach { name, value in
            func text(_ bytes: Span<UInt8>) -> String { HTTPTests.text(bytes.indices.map { bytes[$0] }) }
            pairs.append("\(text(name))=\(text(value))")
        }
        return pairs
    }

    @Test func `on what an answer depends is said in one line, each name once`() throws {
        var fields = AnswerFields("Vary", "Accept-Encoding")
        fields.append("X-A", "1")
        var others = AnswerFields("Vary", "origin, ACCEPT-encoding")
        others.append("X-B", "2")
        fields.append(others)
        #expect(pairs(fields) == ["X-A=1", "X-B=2", "Vary=Accept-Encoding, origin"])
        let heads = [
            ("Vary: Accept\r\nVary: Cookie\r\n", "Accept, Cookie, Origin"), ("vary: origin\r\n", "origin"), ("", "Origin"),
            ("Access-Control-Allow-Origin: *\r\nVary: Accept\r\n", "Accept, Origin"),
        ]
        for (lines, joined) in heads {
            let head = try response("HTTP/1.1 200 OK\r\n\(lines)\r\n")
            head.add(AnswerFields("Vary", "Origin"))
            #expect(head.fields.count(of: .vary) == 1 && head.fields.string(of: .vary) == joined)
        }
        // The origin's own lines stay as they are where nothing is said besides.
        let head = try response("HTTP/1.1 200 OK\r\nVary: Accept\r\nVary: Cookie\r\n\r\n")
        head.add(AnswerFields("Age", "1"))
        #expect(head.fields.count(of: .vary) == 2)
    }

    @Test func `fields are lines for HTTP/1 and pairs for others`() throws {
        var fields = AnswerFields("Allow", "GET, HEAD")
        fields.append("Retry-After", 120)
        fields.append("X-Empty", "")
        fields.append("Location") { $0.append("https://a:8443/?b=c: d") }
        fields.append(try #require(ConfiguredField("x-own", "ü\tv")))
        fields.append(AnswerFields())
        fields.append(AnswerFields("Vary", "Origin"))
        #expect(
            text(fields.lines) == "Allow: GET, HEAD\r\nRetry-After: 120\r\nX-Empty: \r\nLocation: https://a:8443/?b=c: d\r\n"
                + "x-own: ü\tv\r\nVary: Origin\r\n")
        #expect(
            pairs(fields) == [
                "Allow=GET, HEAD", "Retry-After=120", "X-Empty=", "Location=https://a:8443/?b=c: d", "x-own=ü\tv", "Vary=Origin",
            ])
        #expect(pairs(AnswerFields()).isEmpty && AnswerFields().isEmpty && !fields.isEmpty)
    }

    @Test(arguments: Array(0..<0x20) + [0x7F])
    func `a value with a control byte is left out with its name`(byte: UInt8) {
        for place in 0...20 {
            var fields = AnswerFields("Before", "1")
            fields.append("Location") { value in
                value += [UInt8](repeating: 0x61, count: place)
                value.append(byte)
                value += Array("Set-Cookie: a=b".utf8)
            }
            fields.append("After", "2")
            let isText = byte == 0x09
            #expect(pairs(fields).filter { !$0.hasPrefix("Location=") } == ["Before=1", "After=2"])
            #expect(pairs(fields).count == (isText ? 3 : 2))
        }
        var alone = AnswerFields()
        alone.append("First") { $0.append(byte) }
        #expect(alone.isEmpty == (byte != 0x09))
    }

    @Test func `a response head takes them`() throws {
        let head = ResponseHead()
        let input = bytes("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n")
        _ = try head.parse(input.span, limits: HeadLimits())
        var fields = AnswerFields("Set-Cookie", "a=b; Path=/")
        fields.append("X-Other", "1")
        head.add(fields)
        #expect(lines(head.fields) == ["Server: x", "Set-Cookie: a=b; Path=/", "X-Other: 1"])
        #expect(head.contains(.setCookie) && head.contains(.server))
    }
}
