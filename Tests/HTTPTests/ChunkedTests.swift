import Testing

@testable import HTTP

/// What decoding came to: payload, trailers and how much was used, or the code of the refusal.
private struct Decoded: Equatable {
    var payload = ""
    var trailers: [String] = []
    var consumed: Int?
    var refusal: String?
}

private func decode(
    _ input: [UInt8], cuts: [Int], limits: ChunkLimits = ChunkLimits(), from sender: HTTPRefusal.Sender = .client
) -> Decoded {
    var decoder = ChunkedDecoder(from: sender, limits: limits)
    var decoded = Decoded()
    var payload: [UInt8] = []
    var start = 0
    do throws(HTTPRefusal) {
        parts: for end in cuts {
            // Each part is a new buffer: the decoder may keep no offset into an old one.
            let part = Array(input[start..<end])
            var index = 0
            while true {
                switch try decoder.next(part.span, from: index) {
                case .data(let range):
                    payload += part[range]
                    index = range.upperBound
                case .needsMore(let consumed):
                    #expect(consumed == part.count)
                    start = end
                    continue parts
                case .end(let consumed):
                    decoded.consumed = start + consumed
                    break parts
                }
            }
        }
        decoded.payload = text(payload)
        decoded.trailers = lines(decoder.trailers)
    } catch { decoded.refusal = error.code }
    return decoded
}

private func allDecodings(
    _ input: [UInt8], limits: ChunkLimits = ChunkLimits(), from sender: HTTPRefusal.Sender = .client
) -> [Decoded] {
    var found: [Decoded] = []
    for cuts in deliveries(of: input.count) {
        let decoded = decode(input, cuts: cuts, limits: limits, from: sender)
        if !found.contains(decoded) { found.append(decoded) }
    }
    return found
}

@Suite struct ChunkedTests {
    static let valid: [(String, String, [String])] = [
        ("0\r\n\r\n", "", []),
        ("000\r\n\r\n", "", []),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", []),
        ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world", []),
        ("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", []),
        ("0005\r\na\r\nbc\r\n0\r\n\r\n", "a\r\nbc", []),
        ("1;a\r\nx\r\n0;b=c;d=\"e;\\\" f\"\r\n\r\n", "x", []),
        ("1 ;a\r\nx\r\n0\t; b\t= c ; d = \"e\" ;f\r\n\r\n", "x", []),
        ("1\r\nx\r\n0\r\nA: b\r\nX-Sum: 1 2 \r\n\r\n", "x", ["A: b", "X-Sum: 1 2"]),
    ]

    @Test(arguments: valid)
    func `A chunked body is decoded however it arrives`(_ source: String, _ payload: String, _ trailers: [String]) {
        let expected = Decoded(payload: payload, trailers: trailers, consumed: source.utf8.count)
        #expect(allDecodings(bytes(source + "GET / next")) == [expected])
    }

    @Test(arguments: valid)
    func `A chunked body that lacks bytes does not end`(_ source: String, _ payload: String, _ trailers: [String]) {
        let input = bytes(source)
        for count in 0..<input.count {
            let decoded = decode(Array(input[0..<count]), cuts: [count])
            #expect(decoded.consumed == nil && decoded.refusal == nil)
        }
    }

    @Test(arguments: [
        ("chunk_size_malformed", "\r\n"), ("chunk_size_malformed", "x\r\n"), ("chunk_size_malformed", "0x5\r\nhello"),
        ("chunk_size_malformed", " 5\r\nhello"), ("chunk_size_malformed", "5 \r\nhello"),
        ("chunk_size_malformed", "5\t\r\nhello"), ("chunk_size_malformed", "-5\r\n"), ("chunk_size_malformed", "+5\r\n"),
        ("chunk_size_malformed", "5 a\r\nhello"), ("chunk_size_malformed", ";a\r\n"), ("chunk_size_malformed", "5,5\r\n"),
        ("chunk_size_malformed", "5_0\r\n"), ("bare_lf", "5\nhello"), ("bare_lf", "\n"), ("bare_lf", "5;a\nhello"),
        ("bare_cr", "5\rhello"), ("bare_cr", "5\r\r\nhello"), ("bare_cr", "5;a\rb\r\n"),
        ("chunk_size_overflow", "8000000000000000\r\n"), ("chunk_size_overflow", "10000000000000005\r\n"),
        ("chunk_size_overflow", "FFFFFFFFFFFFFFFFFF\r\n"),
        ("chunk_extension_malformed", "5;\r\nhello"), ("chunk_extension_malformed", "5; \r\nhello"),
        ("chunk_extension_malformed", "5;a \r\nhello"), ("chunk_extension_malformed", "5;a=\r\nhello"),
        ("chunk_extension_malformed", "5;a = \r\nhello"), ("chunk_extension_malformed", "5;a \"b\"\r\nhello"),
        ("chunk_extension_malformed", "5;a b\r\nhello"), ("chunk_extension_malformed", "5;a=\"\0\"\r\n"),
        ("chunk_extension_malformed", "5;a=\"\r\n"), ("chunk_extension_malformed", "5;;a\r\n"),
        ("chunk_data_unterminated", "5\r\nhelloX"), ("chunk_data_unterminated", "5\r\nhello\n0\r\n\r\n"),
        ("chunk_data_unterminated", "5\r\nhello\rX"), ("chunk_data_unterminated", "2\r\nhello\r\n"),
        ("folded_line", "0\r\n A: b\r\n\r\n"), ("bare_lf", "0\r\nA: b\n\r\n"), ("bare_lf", "0\r\n\n"),
        ("space_before_colon", "0\r\nGET / HTTP/1.1\r\n\r\n"),
        ("space_before_colon", "0\r\nA : b\r\n\r\n"), ("control_byte", "0\r\nA: \0\r\n\r\n"),
    ])
    func `A malformed chunked body is refused with its reason however it arrives`(_ code: String, _ source: String) {
        #expect(allDecodings(bytes(source)).map(\.refusal) == [code])
    }

    @Test(arguments: ["1 \r\nx\r\n0\t \r\n\r\n", "1;a \r\nx\r\n0;a=\"b\"\t\r\n\r\n", "1     \r\nx\r\n0 ;a = b  \r\n\r\n"])
    func `White space at the end of a size line is read of upstreams, and refused of clients`(_ source: String) {
        let expected = Decoded(payload: "x", trailers: [], consumed: source.utf8.count)
        #expect(allDecodings(bytes(source), from: .upstream) == [expected])
        #expect(allDecodings(bytes(source), from: .client).allSatisfy { $0.refusal?.hasPrefix("chunk_") == true })
    }

    @Test(arguments: ["1 x\r\n", "1;a b\r\n", "1; \r\n", "1;a= \r\n", "1 \n", "1;a \n"])
    func `White space within a size line is none of the grammar's, whoever sends it`(_ source: String) {
        for sender in [HTTPRefusal.Sender.client, .upstream] {
            #expect(allDecodings(bytes(source), from: sender).allSatisfy { $0.refusal != nil }, "\(sender)")
        }
    }

    @Test func `Sizes up to 63 bits are counted`() throws {
        var decoder = ChunkedDecoder(from: .client)
        let input = bytes("7FFFFFFFFFFFFFFF\r\nab")
        #expect(try decoder.next(input.span, from: 0) == .data(18..<20))
        #expect(try decoder.next(input.span, from: 20) == .needsMore(consumed: 20))
    }

    @Test func `Size lines, extensions and trailers are bounded`() {
        var limits = ChunkLimits()
        limits.maxSizeLineBytes = 8
        limits.maxExtensionBytes = 6
        limits.maxTrailerBytes = 12
        limits.maxTrailerFields = 2
        func refusals(_ source: String) -> [String?] { allDecodings(bytes(source), limits: limits).map(\.refusal) }
        #expect(refusals("00000000\r\n\r\n") == [nil])
        #expect(refusals("000000000\r\n\r\n") == ["chunk_size_overflow"])
        #expect(refusals("1;abcdefgh\r\n") == ["chunk_extension_too_large"])
        #expect(refusals("1;abc\r\nx\r\n1;abc\r\n") == ["chunk_extension_too_large"])
        #expect(refusals("0\r\nA: b\r\n\r\n") == [nil])
        #expect(refusals("0\r\nA: bcdefghijk\r\n\r\n") == ["trailers_too_large"])
        #expect(refusals("0\r\na:\r\nb:\r\nc:\r\n") == ["trailers_too_large"])
    }

    @Test func `An upstream's malformed body is the upstream's fault`() {
        var decoder = ChunkedDecoder(from: .upstream)
        let input = bytes("zz\r\n")
        let refusal = #expect(throws: HTTPRefusal.self) { try decoder.next(input.span, from: 0) }
        #expect(refusal?.status == 502 && refusal?.code == "upstream_chunk_size_malformed")
    }

    @Test func `What is encoded is decoded to the same`() {
        var out: [UInt8] = []
        let parts = [
            "a", String(repeating: "b", count: 15), String(repeating: "c", count: 16), String(repeating: "d", count: 4097),
        ]
        for part in parts {
            out += bytes(written { ChunkedEncoder.write(sizeLine: part.utf8.count, to: &$0) } + part + "\r\n")
        }
        out += bytes(written { ChunkedEncoder.writeEnd(trailers: nil, to: &$0) })
        let decoded = decode(out, cuts: [out.count])
        #expect(decoded.payload == parts.joined() && decoded.consumed == out.count)
    }

    @Test func `Trailers are forwarded without those that must not be trailers`() throws {
        var decoder = ChunkedDecoder(from: .upstream)
        let input = bytes(
            "0\r\nContent-Length: 5\r\nX-Sum: 1\r\nHost: b\r\nSet-Cookie: a\r\nX_Forwarded_For: a\r\nETag: \"x\"\r\n\r\n")
        #expect(try decoder.next(input.span, from: 0) == .end(consumed: input.count))
        let trailers = decoder.trailers
        #expect(written { ChunkedEncoder.writeEnd(trailers: trailers, to: &$0) } == "0\r\nX-Sum: 1\r\nETag: \"x\"\r\n\r\n")
    }
}
