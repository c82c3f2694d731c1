import Testing

@testable import StaticFiles

@Suite struct NegotiationTests {
    @Test(arguments: [
        ("index.html", "text/html; charset=utf-8"), ("a/b/STYLE.CSS", "text/css; charset=utf-8"),
        ("x.min.js", "text/javascript; charset=utf-8"), ("x.mjs", "text/javascript; charset=utf-8"),
        ("x.json", "application/json"), ("x.svg", "image/svg+xml"), ("x.wasm", "application/wasm"), ("x.woff2", "font/woff2"),
        ("x.tar.gz", "application/gzip"), ("x.png", "image/png"), ("x.webp", "image/webp"), ("x.mp4", "video/mp4"),
        ("x.unknown", "application/octet-stream"), ("README", "application/octet-stream"),
        (".html", "application/octet-stream"), ("a.html/README", "application/octet-stream"), ("x.", "application/octet-stream"),
        ("x." + String(repeating: "h", count: 99), "application/octet-stream"),
    ])
    func `the extension tells the type`(path: String, expected: String) {
        let type = MediaType.fileExtension(of: Array(path.utf8)).flatMap { MediaType.table[$0] } ?? .unknown
        #expect(type.field == expected)
    }

    @Test(arguments: [
        ("x.html", true), ("x.css", true), ("x.js", true), ("x.json", true), ("x.xml", true), ("x.txt", true),
        // What bundlers write FILE.br and FILE.gz beside, too.
        ("x.svg", true), ("x.wasm", true), ("x.webmanifest", true),
        // By what their types end with.
        ("x.jsonld", true), ("x.geojson", true), ("feed.atom", true), ("feed.rss", true), ("x.xhtml", true),
        ("x.png", false), ("x.woff2", false), ("x.mp4", false), ("x.unknown", false),
    ])
    func `what shrinks is compressed where nothing is said of types`(path: String, isCompressible: Bool) {
        #expect(MediaTypes(StaticSettings()).type(of: Array(path.utf8)).isCompressible == isCompressible)
    }

    @Test func `a list without the ends of types is of those alone that it names`() {
        var settings = StaticSettings()
        settings.compressionTypes = ["application/json", "text/xml"]
        let types = MediaTypes(settings)
        for (path, isCompressible) in [("x.json", true), ("x.jsonld", false), ("x.svg", false), ("feed.atom", false)] {
            #expect(types.type(of: Array(path.utf8)).isCompressible == isCompressible, "\(path)")
        }
        settings.compressionTypes = ["+XML"]
        #expect(MediaTypes(settings).type(of: Array("feed.atom".utf8)).isCompressible)
    }

    @Test func `the table is large and clean`() {
        #expect(MediaType.table.count >= 60)
        for (name, type) in MediaType.table {
            #expect(name == name.lowercased() && type.essence.split(separator: "/").count == 2)
        }
    }

    @Test(
        arguments: [
            ("bytes=0-0", .part(0..<1)), ("bytes=0-", .part(0..<100)), ("bytes=10-19", .part(10..<20)),
            ("bytes=99-", .part(99..<100)),
            ("bytes=50-1000", .part(50..<100)), ("bytes=-1", .part(99..<100)), ("bytes=-1000", .part(0..<100)),
            ("Bytes=0-1", .part(0..<2)), ("bytes= 0-1 ,", .part(0..<2)), ("bytes=0-99999999999999999999999", .part(0..<100)),
            ("bytes=-99999999999999999999999", .part(0..<100)),
            ("bytes=100-", .unsatisfiable), ("bytes=100-200", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=99999999999999999999999-", .unsatisfiable),
            ("", .whole), ("bytes", .whole), ("bytes=", .whole), ("bytes=-", .whole), ("bytes=5-2", .whole),
            ("bytes=a-b", .whole),
            ("bytes=0-1,3-4", .parts([0..<2, 3..<5])), ("bytes=3-4,0-1", .parts([3..<5, 0..<2])),
            ("bytes=0-1,-1", .parts([0..<2, 99..<100])), ("bytes=0-1 , 98-", .parts([0..<2, 98..<100])),
            ("bytes=0-1,2-3", .part(0..<4)), ("bytes=5-9,0-6", .part(0..<10)), ("bytes=0-1,0-1,0-1", .part(0..<2)),
            ("bytes=0-1,10-11,1-10", .part(0..<12)), ("bytes=0-1,10-11,11-20", .parts([0..<2, 10..<21])),
            ("bytes=20-29,0-1,10-19", .parts([10..<30, 0..<2])), ("bytes=0-,-50", .part(0..<100)),
            ("bytes=0-1,100-", .part(0..<2)), ("bytes=100-,200-", .unsatisfiable), ("bytes=-0,100-", .unsatisfiable),
            ("bytes=0-1,5-2", .whole), ("bytes=0-1,x", .whole), ("bytes=,", .whole), ("bytes=0-1,,3-4", .parts([0..<2, 3..<5])),
            (
                "bytes=" + (0..<16).map { "\($0 * 3)-\($0 * 3)" }.joined(separator: ","),
                .parts((0..<16).map { $0 * 3..<$0 * 3 + 1 })
            ),
            ("bytes=" + (0..<17).map { "\($0 * 3)-\($0 * 3)" }.joined(separator: ","), .whole),
            ("items=0-1", .whole), ("bytes=0-1-2", .whole), ("bytes=+1-2", .whole),
            ("bytes=1 -2", .whole),
            ("bytes=0x1-2", .whole), ("bytes=1", .whole), ("bytes 0-1", .whole),
        ] as [(String, ByteRange)])
    func `a range is read`(field: String, expected: ByteRange) {
        #expect(ByteRange.parse(Array(field.utf8), size: 100) == expected)
    }

    @Test func `of an empty file no part can be named`() {
        for field in ["bytes=0-", "bytes=-1", "bytes=-0"] { #expect(ByteRange.parse(Array(field.utf8), size: 0) == .whole) }
    }

    @Test func `the largest size has a last byte`() {
        let all = ByteRange.parse(Array("bytes=0-18446744073709551615".utf8), size: .max)
        #expect(all == .part(0..<UInt64.max))
    }
}
