import Glibc
import HTTP
import Testing

@testable import StaticFiles

@Suite struct ConditionTests {
    let temporary: TemporaryDirectory
    let site: StaticSite
    /// Of /page.txt, plain and as gzip.
    let tag: String
    let gzipTag: String

    private static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let before = "Sun, 06 Nov 1994 08:49:36 GMT"

    init() throws {
        temporary = try TemporaryDirectory()
        try temporary.write("page.txt", sampleText(5000))
        site = try temporary.site()
        tag = site.get("/page.txt")["ETag"] ?? ""
        gzipTag = site.get("/page.txt") { $0.acceptEncoding = AcceptEncoding("gzip") }["ETag"] ?? ""
    }

    /// TAG and GZIP in `text` stand for the file's tags.
    private func field(_ text: String?) -> [UInt8]? {
        text.map { Array($0.replacing("TAG", with: tag).replacing("GZIP", with: gzipTag).utf8) }
    }

    @Test func `both forms have strong tags of their own`() {
        #expect(tag.hasPrefix("\"") && gzipTag.hasPrefix("\"") && gzipTag.hasSuffix("-gz\""))
        #expect(tag != gzipTag)
    }

    @Test(arguments: [
        ("TAG", 304), ("W/TAG", 304), ("\"x\", TAG", 304), ("\"x\",,W/\"y\" , TAG", 304), ("*", 304), (" * ", 304),
        ("\"x\"", 200), ("GZIP", 200), ("", 200), ("*, TAG", 200), ("x TAG", 200), ("\"x\" TAG", 200),
        ("\"open", 200), ("W/", 200), ("w/TAG", 200),
    ])
    func `If-None-Match compares weakly`(text: String, status: Int) {
        #expect(site.get("/page.txt") { $0.ifNoneMatch = field(text) }.status == status)
    }

    @Test(arguments: [
        ("GZIP", 304), ("W/GZIP", 304), ("TAG", 200), ("TAG, GZIP", 304),
    ])
    func `If-None-Match compares with the form that would be sent`(text: String, status: Int) {
        let answer = site.get("/page.txt") {
            $0.ifNoneMatch = field(text)
            $0.acceptEncoding = AcceptEncoding("gzip")
        }
        #expect(answer.status == status)
        #expect(answer["ETag"] == gzipTag)
    }

    @Test(arguments: [("TAG", 200), ("*", 200), ("\"x\", TAG", 200), ("W/TAG", 412), ("\"x\"", 412), ("GZIP", 412), ("", 412)])
    func `If-Match compares strongly`(text: String, status: Int) {
        #expect(site.get("/page.txt") { $0.ifMatch = field(text) }.status == status)
    }

    @Test(arguments: [
        (same, 304), (before, 200), ("Sun, 06 Nov 1994 08:49:38 GMT", 304), ("Sunday, 06-Nov-94 08:49:37 GMT", 304),
        ("Sun Nov  6 08:49:37 1994", 304), ("yesterday", 200), ("", 200),
    ])
    func `If-Modified-Since compares dates`(text: String, status: Int) {
        #expect(site.get("/page.txt") { $0.ifModifiedSince = field(text) }.status == status)
    }

    @Test(arguments: [(same, 200), (before, 412), ("Sun, 06 Nov 1994 08:49:38 GMT", 200), ("yesterday", 200)])
    func `If-Unmodified-Since compares dates`(text: String, status: Int) {
        #expect(site.get("/page.txt") { $0.ifUnmodifiedSince = field(text) }.status == status)
    }

    /// ifMatch, ifUnmodifiedSince, ifNoneMatch, ifModifiedSince, status: RFC 9110 §13.2.2.
    @Test(
        arguments: [
            ("TAG", before, nil, nil, 200), ("\"x\"", same, nil, nil, 412), ("\"x\"", nil, "TAG", nil, 412),
            ("TAG", nil, "TAG", nil, 304), (nil, before, "TAG", nil, 412), (nil, same, "TAG", nil, 304),
            (nil, nil, "\"x\"", same, 200), (nil, nil, "TAG", before, 304), ("TAG", nil, "\"x\"", same, 200),
            ("TAG", before, nil, same, 304), (nil, before, nil, same, 412), (nil, same, nil, same, 304),
        ] as [(String?, String?, String?, String?, Int)])
    func `conditions go in their order`(row: (String?, String?, String?, String?, Int)) {
        for method in [StaticMethod.get, .head] {
            let answer = site.get("/page.txt", method) {
                $0.ifMatch = field(row.0)
                $0.ifUnmodifiedSince = field(row.1)
                $0.ifNoneMatch = field(row.2)
                $0.ifModifiedSince = field(row.3)
                $0.range = Array("bytes=0-1".utf8)
            }
            #expect(answer.status == (row.4 == 200 && method == .get ? 206 : row.4))
        }
    }

    @Test func `a 304 carries what a cache must update and no content`() {
        let answer = site.get("/page.txt") { $0.ifNoneMatch = field("TAG") }
        #expect(answer.fields.list.map(\.name) == ["ETag", "Cache-Control", "Vary"])
        #expect(answer.body == nil && answer.contentLength == nil && answer.refusal == nil)
    }

    @Test func `without tags a 304 carries the date`() throws {
        let site = try temporary.site { $0.etagEnabled = false }
        let answer = site.get("/page.txt") { $0.ifModifiedSince = Array(Self.same.utf8) }
        #expect(answer.status == 304)
        #expect(answer.fields.list.map(\.name) == ["Last-Modified", "Cache-Control", "Vary"])
        #expect(site.get("/page.txt") { $0.ifNoneMatch = field("TAG") }.status == 200)
        #expect(site.get("/page.txt") { $0.ifNoneMatch = field("*") }.status == 304)
    }

    @Test func `without dates only tags count`() throws {
        let site = try temporary.site { $0.lastModifiedEnabled = false }
        let answer = site.get("/page.txt") { $0.ifModifiedSince = Array(Self.same.utf8) }
        #expect(answer.status == 200 && answer["Last-Modified"] == nil)
        #expect(site.get("/page.txt") { $0.ifUnmodifiedSince = Array(Self.before.utf8) }.status == 200)
    }

    @Test(arguments: [
        ("TAG", 206), ("W/TAG", 200), ("\"x\"", 200), ("GZIP", 200), ("TAG, TAG", 200), (same, 206), (before, 200),
        ("Sun, 06 Nov 1994 08:49:38 GMT", 200), ("", 200), ("*", 200),
    ])
    func `If-Range guards the range`(text: String, status: Int) {
        let answer = site.get("/page.txt") {
            $0.range = Array("bytes=0-1".utf8)
            $0.ifRange = field(text)
        }
        #expect(answer.status == status)
        #expect(answer.contentLength == (status == 206 ? 2 : 5000))
    }

    @Test func `a date within the same second is too weak for a range`() {
        let answer = site.get("/page.txt", now: TemporaryDirectory.fileTime) {
            $0.range = Array("bytes=0-1".utf8)
            $0.ifRange = Array(Self.same.utf8)
        }
        #expect(answer.status == 200)
    }

    @Test func `a date from the future is never sent`() throws {
        #expect(site.get("/page.txt", now: TemporaryDirectory.fileTime - 1)["Last-Modified"] == Self.before)
    }

    /// As Nix, buildpacks and npm date all files, of every version alike.
    @Test(arguments: [0, 1, 315_532_801, 499_162_500] as [Int64])
    func `a date that says nothing of the content is not sent, nor compared with`(time: Int64) throws {
        try temporary.write("made.txt", sampleText(5000), time: time)
        let answer = site.get("/made.txt")
        #expect(answer.status == 200 && answer["Last-Modified"] == nil && answer["ETag"] != nil)
        #expect(site.get("/made.txt") { $0.ifModifiedSince = Array(Self.same.utf8) }.status == 200)
        #expect(site.get("/made.txt") { $0.ifNoneMatch = Array((answer["ETag"] ?? "").utf8) }.status == 304)
    }

    /// `stat`'s fields: a file that is put in another's place often gets its inode, too.
    @Test(arguments: [
        (-1, true), (0, true), (1, true), (347_155_199, true), (347_155_200, false), (499_162_499, false), (499_162_500, true),
        (784_111_777, false),
    ])
    func `where the date says nothing the tag tells by when the file was put there`(time: Int, tellsByChange: Bool) {
        func tag(putAt moment: Int) -> EntityTag {
            var facts = stat()
            facts.st_size = 5000
            facts.st_ino = 7
            facts.st_mtim.tv_sec = time
            facts.st_ctim.tv_sec = moment
            return EntityTag(FileMetadata(facts), encoding: .identity)
        }
        #expect(tag(putAt: 1_700_000_000) == tag(putAt: 1_700_000_000))
        #expect((tag(putAt: 1_700_000_000) != tag(putAt: 1_700_000_001)) == tellsByChange)
    }

    @Test func `another content has another tag`() throws {
        try temporary.write("page.txt", sampleText(5001))
        #expect(site.get("/page.txt")["ETag"] != tag)
        try temporary.write("page.txt", sampleText(5000), time: TemporaryDirectory.fileTime + 1)
        #expect(site.get("/page.txt")["ETag"] != tag)
    }
}
