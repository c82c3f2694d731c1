import Testing

@testable import HTTP

@Suite struct NegotiationTests {
    @Test(
        arguments: [
            (nil, .identity), ("", .identity), ("gzip", .gzip), ("GZIP, deflate, br", .brotli), ("gzip;q=0.5, br;q=0.4", .gzip),
            ("gzip;q=0", .identity),
            ("*", .brotli), ("*;q=0, gzip", .gzip), ("identity, gzip;q=0.5", .identity), ("gzip;q=0.001", .gzip),
            ("br;q=1.0, gzip;q=1", .brotli),
            ("x-gzip", .gzip), ("gzip ; q=0.3", .gzip), ("gzip;q=2", .identity), ("gzip;q=0.1234", .identity),
            ("gzip;q=", .identity),
            ("deflate", .identity), ("identity;q=0, gzip;q=0.1", .gzip), ("identity;q=0", nil), ("*;q=0", nil),
            ("zstd", .identity), ("gzip;q=1.001", .identity),
        ] as [(String?, ContentCoding?)])
    func `A coding is chosen by weight, then by our order`(_ value: String?, _ coding: ContentCoding?) throws {
        let head = try request("GET / HTTP/1.1\r\nHost: a\r\n" + (value.map { "Accept-Encoding: \($0)\r\n" } ?? "") + "\r\n")
        #expect(AcceptEncoding(head.fields).choose(among: [.brotli, .gzip]) == coding)
    }

    @Test(arguments: [
        ("gzip", true), ("GZip", true), ("x-gzip", true), ("gzip, deflate, br", true), ("br;q=1.0, gzip;q=0.8, *;q=0.1", true),
        ("*", true), ("*;q=0.5", true), ("gzip;q=0.001", true), ("gzip;q=1.000", true), ("gzip ; q=0.5", true),
        ("gzip;Q=1", true), ("gzip;q=0.5, identity;q=0.5", true), ("identity;q=0.5, *;q=0.6", true), (" , gzip,", true),
        ("gzip;q=0.", false), ("gzip;q=1.", true),
        ("", false), ("identity", false), ("br", false), ("deflate", false), ("gzipped", false), ("notgzip", false),
        ("gzip;q=0", false), ("gzip;q=0.000", false), ("*;q=0", false), ("gzip;q=0, *", false), ("*, gzip;q=0", false),
        ("gzip;q=0.4, identity;q=0.5", false), ("gzip;q=0, gzip;q=1", false), ("gzip;q=1.001", false), ("gzip;q=2", false),
        ("gzip;q=", false), ("gzip;q", false), ("gzip;q=0.1234", false), ("gzip;q=-1", false), ("gzip;level=9", false),
        ("gzip;q=1;x=y", false), (";q=1", false),
    ])
    func `Gzip is chosen by weight`(field: String, expected: Bool) {
        #expect((AcceptEncoding(bytes(field).span).choose(among: [.gzip]) == .gzip) == expected)
    }

    @Test(arguments: [
        ("identity;q=0", true), ("gzip, *;q=0", true), ("gzip, identity;q=0.1, *;q=0", false), ("gzip", false), ("", false),
    ])
    func `The plain form is refused only in so many words`(field: String, expected: Bool) {
        #expect((AcceptEncoding(bytes(field).span).weight(of: .identity) == 0) == expected)
    }
}
