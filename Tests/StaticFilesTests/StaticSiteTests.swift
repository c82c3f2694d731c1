import HTTP
import Testing

@testable import StaticFiles

@Suite struct StaticSiteTests {
    let temporary: TemporaryDirectory
    let site: StaticSite
    private let gzip = AcceptEncoding("gzip")

    init() throws {
        temporary = try TemporaryDirectory()
        try temporary.write("index.html", "home")
        try temporary.write("sub/index.htm", "sub")
        try temporary.write("two words/index.html", "two")
        try temporary.write("none/page.txt", "page")
        try temporary.write("odd/index.html/x", "a directory")
        try temporary.write("odd/index.htm", "second")
        try temporary.write(".git/index.html", "hidden")
        try temporary.write(".pages/404.html", "<p>lost</p>")
        try temporary.write("big.html", sampleText(20_000))
        try temporary.write("small.html", sampleText(1023))
        try temporary.write("picture.png", sampleText(20_000))
        try temporary.write("app.js", sampleText(20_000))
        try temporary.write("empty.txt", "")
        site = try temporary.site()
    }

    @Test(
        arguments: [
            ("/", 200, "home"), ("/index.html", 200, "home"), ("/sub/", 200, "sub"), ("//sub//", 200, "sub"),
            ("/odd/", 200, "second"),
            ("/none/page.txt", 200, "page"), ("/two%20words/", 200, "two"), ("/%69ndex.html", 200, "home"),
            ("/empty.txt", 200, ""),
            ("/none/", 404, nil), ("/missing", 404, nil), ("/missing/", 404, nil), ("/index.html/", 404, nil),
            ("/.git/index.html", 404, nil), ("/.git/", 404, nil), ("/.git", 404, nil), ("/%2egit/index.html", 404, nil),
            ("/%2e%2e/outside/", 404, nil), ("/%2e%2e/outside/secret.txt", 404, nil), ("/../outside/x", 404, nil),
            ("/a%2f..%2f..%2fetc", 400, nil), ("/%00", 400, nil), ("/..%5c", 400, nil), ("/%", 400, nil), ("*", 400, nil),
            ("/" + String(repeating: "n", count: 5000), 404, nil),
        ] as [(String, Int, String?)])
    func `a path gets its file or its error`(path: String, status: Int, content: String?) throws {
        let answer = site.get(path)
        #expect(answer.status == status)
        #expect(try answer.body?.readAll() == content.map { Array($0.utf8) })
        #expect(answer.contentLength == content.map { UInt64($0.utf8.count) })
        #expect((answer.refusal == nil) == (content != nil))
    }

    @Test(arguments: [
        ("/sub", "/sub/"), ("//sub", "/sub/"), ("/two%20words", "/two%20words/"), ("/none", "/none/"),
    ])
    func `a directory without its slash is a redirect`(path: String, location: String) {
        let answer = site.get(path)
        #expect(answer.status == 301 && answer.refusal == nil && answer.body == nil)
        #expect(answer.redirectPath == location)
    }

    @Test func `other methods are told what is allowed`() {
        let answer = site.get("/", .other)
        #expect(answer.status == 405)
        #expect(answer["Allow"] == "GET, HEAD")
    }

    @Test(arguments: ["/", "/big.html", "/small.html", "/picture.png", "/missing", "/sub", "/empty.txt", "/%00"])
    func `HEAD has the fields of GET and no content`(path: String) throws {
        for encoding in [AcceptEncoding(), gzip] {
            let get = site.get(path) { $0.acceptEncoding = encoding }
            let head = site.get(path, .head) { $0.acceptEncoding = encoding }
            #expect(head.status == get.status && head.fields == get.fields && head.contentLength == get.contentLength)
            #expect(head.redirectPath == get.redirectPath && head.refusal == get.refusal)
            #expect(head.body == nil)
        }
    }

    @Test func `HEAD takes no range`() {
        let answer = site.get("/big.html", .head) { $0.range = Array("bytes=0-1".utf8) }
        #expect(answer.status == 200 && answer.contentLength == 20_000)
    }

    @Test func `a part is a part`() throws {
        let answer = site.get("/big.html") { $0.range = Array("bytes=100-199".utf8) }
        #expect(answer.status == 206 && answer.contentLength == 100)
        #expect(answer["Content-Range"] == "bytes 100-199/20000")
        #expect(answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(try answer.body?.readAll(room: 7) == Array(sampleText(20_000)[100..<200]))
    }

    @Test func `a range after the end is 416 with the size`() {
        let answer = site.get("/big.html") { $0.range = Array("bytes=20000-".utf8) }
        #expect(answer.status == 416 && answer["Content-Range"] == "bytes */20000" && answer.refusal == .rangeNotSatisfiable)
    }

    @Test func `several ranges come as parts of one body`() throws {
        let text = sampleText(20_000)
        let answer = site.get("/big.html") { $0.range = Array("bytes=0-1,100-199,19990-".utf8) }
        #expect(answer.status == 206 && answer["Content-Range"] == nil && answer["ETag"] != nil)
        let type = try #require(answer["Content-Type"])
        let boundary = try #require(type.split(separator: "boundary=").last)
        #expect(type.hasPrefix("multipart/byteranges; boundary="))
        var expected: [UInt8] = []
        for range in [0..<2, 100..<200, 19_990..<20_000] {
            let head = "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/20000\r\n\r\n"
            expected += Array("\r\n--\(boundary)\r\nContent-Type: text/html; charset=utf-8\r\n\(head)".utf8)
            expected += text[range]
        }
        expected += Array("\r\n--\(boundary)--\r\n".utf8)
        for room in [1, 7, 100_000] {
            let again = site.get("/big.html") { $0.range = Array("bytes=0-1,100-199,19990-".utf8) }
            let bytes = try #require(try again.body?.readAll(room: room))
            #expect(bytes.count == expected.count && UInt64(bytes.count) == again.contentLength)
            let theirs = try #require(again["Content-Type"]?.split(separator: "boundary=").last)
            #expect(String(decoding: bytes, as: UTF8.self).replacing(theirs, with: boundary).utf8.elementsEqual(expected))
        }
    }

    @Test func `a range is of the plain form where that is acceptable`() throws {
        let plain = site.get("/big.html") {
            $0.range = Array("bytes=0-1".utf8)
            $0.acceptEncoding = gzip
        }
        #expect(plain.status == 206 && plain["Content-Encoding"] == nil && plain["Vary"] == "Accept-Encoding")
        let encoded = site.get("/big.html") {
            $0.range = Array("bytes=0-1".utf8)
            $0.acceptEncoding = AcceptEncoding("gzip, identity;q=0")
        }
        #expect(encoded.status == 200 && encoded["Content-Encoding"] == "gzip")
    }

    /// Path, Accept-Encoding, Content-Encoding, Vary.
    @Test(
        arguments: [
            ("/big.html", "gzip", "gzip", true), ("/big.html", "gzip;q=0", nil, true), ("/big.html", nil, nil, true),
            ("/big.html", "", nil, true), ("/big.html", "br", "br", true), ("/big.html", "deflate", nil, true),
            ("/big.html", "gzip, deflate, br, zstd", "br", true), ("/big.html", "gzip, br;q=0.9, zstd", "zstd", true),
            ("/app.js", "gzip", "gzip", true),
            ("/small.html", "gzip", nil, false), ("/picture.png", "gzip", nil, false), ("/", "gzip", nil, false),
        ] as [(String, String?, String?, Bool)])
    func `compressible files vary by encoding`(path: String, accept: String?, encoding: String?, varies: Bool) {
        let answer = site.get(path) { $0.acceptEncoding = accept.map { AcceptEncoding($0) } ?? AcceptEncoding() }
        #expect(answer.status == 200)
        #expect(answer["Content-Encoding"] == encoding)
        #expect((answer["Vary"] == "Accept-Encoding") == varies)
        #expect((answer["Accept-Ranges"] == "bytes") == (encoding == nil))
        #expect((answer.contentLength == nil) == (encoding != nil))
    }

    @Test func `what is compressed already stays as it is`() throws {
        let site = try temporary.site { $0.compressionTypes = ["image/png", "application/javascript; charset=utf-8"] }
        #expect(site.get("/picture.png") { $0.acceptEncoding = gzip }["Content-Encoding"] == nil)
        #expect(site.get("/app.js") { $0.acceptEncoding = gzip }["Content-Encoding"] == "gzip")
        #expect(site.get("/big.html") { $0.acceptEncoding = gzip }["Content-Encoding"] == nil)
    }

    @Test func `compression can be switched off`() throws {
        let answer = try temporary.site { $0.compressionEnabled = false }.get("/big.html") { $0.acceptEncoding = gzip }
        #expect(answer["Content-Encoding"] == nil && answer["Vary"] == nil)
    }

    @Test func `Cache-Control is the operator's`() throws {
        #expect(site.get("/app.js")["Cache-Control"] == "public, max-age=3600")
        #expect(try temporary.site { $0.maxAgeStatic = 0 }.get("/app.js")["Cache-Control"] == "public, max-age=0")
        #expect(try temporary.site { $0.maxAgeStatic = nil }.get("/app.js")["Cache-Control"] == nil)
        #expect(site.get("/")["Cache-Control"] == "public, max-age=300")
        #expect(try temporary.site { $0.maxAgePages = 0 }.get("/")["Cache-Control"] == "public, max-age=0")
        #expect(try temporary.site { $0.maxAgePages = nil }.get("/")["Cache-Control"] == nil)
        #expect(try temporary.site { $0.cacheControl = "no-store" }.get("/")["Cache-Control"] == "no-store")
    }

    @Test func `error pages come from the directory`() throws {
        let site = try temporary.site {
            $0.errorPages = [404: "/.pages/404.html", 405: ".pages/none.html", 400: "../outside/secret.txt"]
        }
        #expect(site.errorPages.map(\.status) == [400, 404, 405] && site.errorPages[1].file == "/.pages/404.html")
        for cache in [nil, StaticCache(StaticCache.Settings(size: 1 << 20, entries: 8, valid: 60))] {
            for _ in 1...2 {
                let lost = try #require(try site.errorPage(404, now: TemporaryDirectory.fileTime + 100, from: cache))
                #expect(lost.mediaType == "text/html; charset=utf-8" && lost.length == 11)
                #expect(try lost.body.readAll() == Array("<p>lost</p>".utf8))
            }
            #expect(throws: StaticError.self) { _ = try site.errorPage(405, now: 0, from: cache) }
            #expect(throws: StaticError.self) { _ = try site.errorPage(400, now: 0, from: cache) }
            #expect(try site.errorPage(500, now: 0, from: cache) == nil)
            // That a page is remembered shows it to nobody who asks for its name.
            for path in ["/.pages/404.html", "//.pages/404.html", "/.pages/404.html/"] {
                let asked = site.get(path, now: TemporaryDirectory.fileTime + 100, from: cache)
                #expect(asked.status == 404 && asked.body == nil, "\(path)")
            }
        }
        #expect(site.problem(ofErrorPage: 404) == nil && site.problem(ofErrorPage: 500) == nil)
        #expect(site.problem(ofErrorPage: 405) == "No such file or directory")
        #expect(site.problem(ofErrorPage: 400)?.contains("leaves the directory") == true)
    }

    @Test(arguments: [(0, true), (1, true), (-1, false)] as [(Int64, Bool)])
    func `a compressed sibling is sent unless it is older`(age: Int64, expected: Bool) throws {
        let sibling = Array("not really gzip".utf8)
        try temporary.write("big.html.gz", sibling, time: TemporaryDirectory.fileTime + age)
        let site = try temporary.site { $0.precompressed = true }
        let answer = site.get("/big.html") { $0.acceptEncoding = gzip }
        #expect(answer["Content-Encoding"] == "gzip" && answer["Content-Type"] == "text/html; charset=utf-8")
        #expect(answer.contentLength == (expected ? UInt64(sibling.count) : nil))
        #expect((try answer.body?.readAll() == sibling) == expected)
        let streamed = self.site.get("/big.html") { $0.acceptEncoding = gzip }
        #expect(streamed.contentLength == nil)
        #expect((streamed["ETag"] == answer["ETag"]) == !expected)
        #expect(site.get("/big.html")["Vary"] == "Accept-Encoding")
    }

    @Test func `An empty sibling, which a build that was cut short leaves, is none`() throws {
        try temporary.write("big.html.gz", [UInt8](), time: TemporaryDirectory.fileTime + 1)
        let answer = try temporary.site { $0.precompressed = true }.get("/big.html") { $0.acceptEncoding = gzip }
        #expect(answer["Content-Encoding"] == "gzip" && answer.contentLength == nil)
    }

    /// Frame_Header_Descriptor and what follows it: RFC 8878 §3.1.1.1.
    @Test(
        "zstd with a window beyond 8 MiB, which browsers refuse, or with a dictionary is not sent",
        arguments: [
            ([0x00, 0x68], true), ([0x00, 0x69], false), ([0x00, 0x70], false), ([0x00, 0xFF], false),  // A window's descriptor.
            ([0x80, 0x68, 0xFF, 0xFF, 0xFF, 0xFF], true),  // The size of the content besides.
            ([0x20, 0xFF], true), ([0x60, 0xFF, 0xFF], true),  // All of the content in one segment: the size is the window.
            ([0xA0, 0x00, 0x00, 0x80, 0x00], true), ([0xA0, 0x01, 0x00, 0x80, 0x00], false),
            ([0xE0, 0, 0, 0x80, 0, 0, 0, 0, 0], true), ([0xE0, 0, 0, 0, 0, 1, 0, 0, 0], false),
            ([0x01, 0x58, 0x07], false), ([0x01, 0x58, 0x00], true), ([0x23, 0, 0, 0, 9, 1], false),  // A dictionary.
            ([0x00], true), ([0xE0], true),  // Cut: whatever it is, it is none of these.
        ] as [([UInt8], Bool)])
    func window(head: [UInt8], expected: Bool) throws {
        let sibling = [0x28, 0xB5, 0x2F, 0xFD] + head
        try temporary.write("big.html.zst", sibling)
        let site = try temporary.site { $0.precompressed = true }
        let answer = site.get("/big.html") { $0.acceptEncoding = AcceptEncoding("zstd") }
        #expect((answer.contentLength == UInt64(sibling.count)) == expected)
    }

    @Test(
        "a sibling whose time was cut to whole seconds is as old as its file", arguments: [(0.25, 0, true), (0.25, 0.125, false)])
    func siblingWithoutFractions(file: Double, sibling: Double, expected: Bool) throws {
        let compressed = Array("not really gzip".utf8)
        try temporary.write("big.html.gz", compressed, fraction: sibling)
        try temporary.write("big.html", [UInt8](repeating: 97, count: 5000), fraction: file)
        let site = try temporary.site { $0.precompressed = true }
        let answer = site.get("/big.html") { $0.acceptEncoding = gzip }
        #expect((try answer.body?.readAll() == compressed) == expected)
    }

    @Test func `a sibling of a small file varies too`() throws {
        try temporary.write("small.html.gz", "gz")
        let site = try temporary.site {
            $0.precompressed = true
            $0.compressionEnabled = false
        }
        #expect(site.get("/small.html")["Vary"] == "Accept-Encoding")
        #expect(site.get("/small.html") { $0.acceptEncoding = gzip }.contentLength == 2)
    }
}
