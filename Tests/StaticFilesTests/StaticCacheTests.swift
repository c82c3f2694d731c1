import Foundation
import HTTP
import Testing

@testable import StaticFiles

@Suite struct StaticCacheTests {
    let temporary: TemporaryDirectory
    let site: StaticSite
    /// The kernel dates a file's changes, and what changed within the last second is not kept: a later moment than any here.
    let later = Int64(Date().timeIntervalSince1970) + 100

    init() throws {
        temporary = try TemporaryDirectory()
        site = try temporary.site()
    }

    private func cache(size: Int = 64 * 1024, entries: Int = 100, valid: Int64 = 10) -> StaticCache {
        StaticCache(StaticCache.Settings(size: size, entries: entries, valid: valid))
    }

    private func gzip(_ conditions: inout StaticConditions) {
        conditions.acceptEncoding = AcceptEncoding("gzip")
    }

    @Test func `a site is never taken for one that is gone, whose address it may have`() throws {
        try temporary.write("a.bin", "0123456789")
        let (cache, other) = (cache(), try TemporaryDirectory())
        try other.write("a.bin", "other")
        for _ in 0..<100 {
            #expect(try temporary.site().get("/a.bin", now: later, from: cache).contentLength == 10)
            #expect(try other.site().get("/a.bin", now: later, from: cache).contentLength == 5)
        }
    }

    @Test func `what is asked for twice comes from memory, with the same fields and bytes`() throws {
        try temporary.write("a.bin", "0123456789")
        let cache = cache()
        let first = site.get("/a.bin", now: later)
        for _ in 0..<2 {
            let answer = site.get("/a.bin", now: later, from: cache)
            #expect(answer.status == 200 && answer.fields == first.fields && answer.contentLength == 10)
            #expect(answer.body?.content?.bytes == Array("0123456789".utf8))
        }
        #expect(cache.count == 1 && cache.bytes == 10)
    }

    @Test func `the shortest way gives what every other gives, while it is fresh and by its plain path`() throws {
        try temporary.write("a.bin", "0123456789")
        let cache = cache()
        func content(_ path: String, now: Int64) -> FileContent? {
            let bytes = Array(path.utf8)
            return site.content(path: bytes.span, accept: AcceptEncoding(), now: now, in: cache)
        }
        #expect(content("/a.bin", now: later) == nil)
        let answer = site.get("/a.bin", now: later, from: cache)
        let found = try #require(content("/a.bin", now: later + 9))
        #expect(found.fields == answer.fields && found.bytes == Array("0123456789".utf8))
        for path in ["/%61.bin", "/a.bin/", "/b.bin"] { #expect(content(path, now: later) == nil, "\(path)") }
        #expect(content("/a.bin", now: later + 10) == nil)
    }

    @Test func `the shortest way gives each client the coding that it takes`() throws {
        try temporary.write("a.txt", "0123456789")
        try temporary.write("a.txt.gz", "compressed")
        try temporary.write("a.txt.br", "more so")
        let (site, cache) = (try temporary.site { $0.precompressed = true }, cache())
        let path = Array("/a.txt".utf8)
        func content(_ accept: AcceptEncoding) -> FileContent? {
            site.content(path: path.span, accept: accept, now: later, in: cache)
        }
        for (accept, coding, bytes) in [
            ("gzip", "gzip", "compressed"), ("gzip, deflate, br, zstd", "br", "more so"), ("br;q=0, gzip;q=0", nil, "0123456789"),
        ] {
            let accepted = AcceptEncoding(accept)
            #expect(content(accepted) == nil)
            let answer = site.get("/a.txt", now: later, from: cache) { $0.acceptEncoding = accepted }
            #expect(answer["Content-Encoding"] == coding)
            let found = try #require(content(accepted))
            #expect(found.fields == answer.fields && found.bytes == Array(bytes.utf8))
        }
    }

    @Test func `what is kept is found however its path is spelled, and by no other path`() throws {
        try temporary.write("d/index.html", "index")
        try temporary.write("d/a.bin", "0123456789")
        let cache = cache()
        for _ in 0..<3 {
            for path in ["/d/a.bin", "/d/%61.bin", "//d//a.bin"] {
                #expect(try site.get(path, now: later, from: cache).body?.readAll() == Array("0123456789".utf8))
            }
            #expect(try site.get("/d/", now: later, from: cache).body?.readAll() == Array("index".utf8))
            #expect(site.get("/d", now: later, from: cache).status == 301)
            for path in ["/d/a.bi", "/d/a.bin/", "/a.bin", "/d/a.bin\u{0}"] {
                #expect(site.get(path, now: later, from: cache).refusal != nil, "\(path)")
            }
            let head = site.get("/d/a.bin", .head, now: later, from: cache)
            #expect(head.status == 200 && head.body == nil && head.contentLength == 10)
        }
        #expect(cache.count == 2)
    }

    @Test(arguments: [false, true])
    func `a changed file is told within its time, not sooner`(isRenamed: Bool) throws {
        try temporary.write("a.bin", "old")
        let cache = cache()
        let old = site.get("/a.bin", now: later, from: cache)
        if isRenamed {
            try temporary.write("b.bin", "newer")
            try FileManager.default.removeItem(atPath: temporary.root + "/a.bin")
            try FileManager.default.moveItem(atPath: temporary.root + "/b.bin", toPath: temporary.root + "/a.bin")
        } else {
            try Data("newer".utf8).write(to: URL(fileURLWithPath: temporary.root + "/a.bin"))
        }
        #expect(try site.get("/a.bin", now: later + 9, from: cache).body?.readAll() == Array("old".utf8))
        let new = site.get("/a.bin", now: later + 10, from: cache)
        #expect(try new.body?.readAll() == Array("newer".utf8))
        #expect(new["ETag"] != old["ETag"])
        #expect(cache.count == 1 && cache.bytes == 5)
    }

    @Test func `a file that is gone is not found once its time is over`() throws {
        try temporary.write("a.bin", "old")
        let cache = cache()
        #expect(site.get("/a.bin", now: later, from: cache).status == 200)
        try FileManager.default.removeItem(atPath: temporary.root + "/a.bin")
        #expect(site.get("/a.bin", now: later + 10, from: cache).status == 404)
    }

    @Test func `an unchanged file keeps its bytes beyond its time`() throws {
        try temporary.write("a.bin", "same")
        let cache = cache()
        _ = site.get("/a.bin", now: later, from: cache)
        #expect(site.get("/a.bin", now: later + 1000, from: cache).body?.content != nil)
        #expect(site.get("/a.bin", now: later + 1009, from: cache).body?.content != nil)
        #expect(cache.bytes == 4)
    }

    @Test func `what was written a moment ago may be written again unseen and is not kept in memory`() throws {
        try temporary.write("a.bin", "x")
        let cache = cache()
        let now = Int64(Date().timeIntervalSince1970)
        #expect(site.get("/a.bin", now: now, from: cache).body?.content == nil)
        #expect(cache.bytes == 0)
    }

    @Test func `a file dated in the future is not remembered`() throws {
        try temporary.write("a.bin", Array("x".utf8), time: later + 5)
        let cache = cache()
        #expect(site.get("/a.bin", now: later, from: cache).status == 200)
        #expect(cache.count == 0)
    }

    @Test func `a file that is cut in place is looked up anew while its content is not in memory`() throws {
        try temporary.write("a.bin", sampleText(10_000))
        let cache = cache()
        #expect(site.get("/a.bin", now: later, from: cache).contentLength == 10_000)
        try temporary.resize("a.bin", to: 10)
        let answer = site.get("/a.bin", now: later, from: cache)
        #expect(try answer.contentLength == 10 && answer.body?.readAll().count == 10)
    }

    @Test func `conditions and ranges are answered from memory`() throws {
        try temporary.write("a.bin", "0123456789")
        let cache = cache()
        let etag = try #require(site.get("/a.bin", now: later, from: cache)["ETag"])
        let unchanged = site.get("/a.bin", now: later, from: cache) { $0.ifNoneMatch = Array(etag.utf8) }
        #expect(unchanged.status == 304 && unchanged.body == nil && unchanged["ETag"] == etag)
        let part = site.get("/a.bin", now: later, from: cache) { $0.range = Array("bytes=2-4".utf8) }
        #expect(part.status == 206 && part["Content-Range"] == "bytes 2-4/10")
        #expect(part.body?.content?.range == 2..<5)
        #expect(try part.body?.readAll() == Array("234".utf8))
        let head = site.get("/a.bin", .head, now: later, from: cache)
        #expect(head.body == nil && head.contentLength == 10)
    }

    @Test func `compressed once, kept for those who accept it`() throws {
        let text = sampleText(3000)
        try temporary.write("a.txt", text)
        let cache = cache(size: 1 << 20)
        let streamed = site.get("/a.txt", now: later, from: cache, gzip)
        #expect(streamed.contentLength == nil)
        let bytes = try #require(try streamed.body?.readAll())
        let kept = site.get("/a.txt", now: later, from: cache, gzip)
        #expect(kept.body?.content?.bytes == bytes)
        #expect(kept.contentLength == UInt64(bytes.count))
        #expect(kept.fields == streamed.fields && kept["Content-Encoding"] == "gzip")
        // The plain form is another representation.
        let plain = site.get("/a.txt", now: later, from: cache)
        #expect(try plain.body?.readAll() == text)
        #expect(plain["ETag"] != kept["ETag"] && plain["Vary"] == "Accept-Encoding")
        #expect(cache.bytes == bytes.count + text.count)
    }

    @Test func `one body at a time collects, and one that is dropped lets the next`() throws {
        try temporary.write("a.txt", sampleText(3000))
        let cache = cache(size: 1 << 20)
        var dropped = site.get("/a.txt", now: later, from: cache, gzip)
        let second = site.get("/a.txt", now: later, from: cache, gzip)
        _ = try second.body?.readAll()
        #expect(cache.bytes == 0)
        dropped.body = nil
        _ = try site.get("/a.txt", now: later, from: cache, gzip).body?.readAll()
        #expect(cache.bytes > 0)
    }

    @Test func `a file that changes while it is compressed is not kept`() throws {
        try temporary.write("a.txt", sampleText(3000))
        let cache = cache(size: 1 << 20)
        let body = try #require(site.get("/a.txt", now: later, from: cache, gzip).body)
        try temporary.write("a.txt", Array(sampleText(3000).reversed()))
        _ = try body.readAll()
        #expect(cache.bytes == 0)
    }

    @Test func `a content above a 64th of the memory stays in its file`() throws {
        try temporary.write("small.bin", sampleText(1024))
        try temporary.write("large.bin", sampleText(1025))
        let cache = cache(size: 64 * 1024)
        #expect(site.get("/small.bin", now: later, from: cache).body?.content != nil)
        #expect(site.get("/large.bin", now: later, from: cache).body?.content == nil)
        #expect(cache.count == 2 && cache.bytes == 1024)
    }

    @Test func `a content above 1 MB stays in its file, however much memory there is`() throws {
        try temporary.write("small.bin", sampleText(1 << 20))
        try temporary.write("large.bin", sampleText(1 << 20 + 1))
        let cache = cache(size: 1 << 30)
        #expect(site.get("/small.bin", now: later, from: cache).body?.content != nil)
        #expect(site.get("/large.bin", now: later, from: cache).body?.content == nil)
    }

    @Test func `memory is bounded, and what is asked for again and again stays`() throws {
        let cache = cache(size: 64 * 1000)
        for number in 0..<200 { try temporary.write("\(number).bin", sampleText(1000)) }
        for number in 1..<200 {
            _ = site.get("/\(number).bin", now: later, from: cache)
            _ = site.get("/0.bin", now: later, from: cache)
            #expect(cache.bytes <= 64 * 1000)
        }
        #expect(cache.count == 64)
        try FileManager.default.removeItem(atPath: temporary.root + "/0.bin")
        #expect(site.get("/0.bin", now: later, from: cache).status == 200)
        try FileManager.default.removeItem(atPath: temporary.root + "/1.bin")
        #expect(site.get("/1.bin", now: later, from: cache).status == 404)
    }

    @Test func `entries are bounded, and dropped files are closed`() throws {
        let cache = cache(entries: 8)
        let before = try openDescriptors()
        for number in 0..<50 {
            try temporary.write("\(number).bin", sampleText(5000))
            #expect(site.get("/\(number).bin", now: later, from: cache).status == 200)
        }
        #expect(cache.count == 8)
        // And the directory.
        #expect(try openDescriptors() - before == 8 + 1)
    }

    @Test func `a file that is gone is closed once it was asked for in vain`() throws {
        try temporary.write("a.bin", sampleText(5000))
        let cache = cache()
        let before = try openDescriptors()
        #expect(site.get("/a.bin", now: later, from: cache).status == 200)
        try FileManager.default.removeItem(atPath: temporary.root + "/a.bin")
        #expect(site.get("/a.bin", now: later + 10, from: cache).status == 404)
        // The directory is open.
        #expect(try cache.count == 0 && openDescriptors() == before + 1)
    }

    @Test func `a file dated in the future does not count as the one before it`() throws {
        try temporary.write("a.bin", "old")
        let cache = cache()
        _ = site.get("/a.bin", now: later, from: cache)
        try temporary.write("a.bin", Array("new".utf8), time: later + 1000)
        for _ in 0..<3 { #expect(site.get("/a.bin", now: later + 10, from: cache).status == 200) }
        #expect(cache.count == 0 && cache.bytes == 0)
    }

    @Test func `an open file that nobody asks for is closed after a minute, and its directory; what is in memory stays`() throws {
        try temporary.write("large.bin", sampleText(5000))
        try temporary.write("small.bin", "x")
        let cache = cache()
        let before = try openDescriptors()
        for name in ["large", "small"] { _ = site.get("/\(name).bin", now: later, from: cache) }
        cache.tidy(now: later + 50)
        #expect(try cache.count == 2 && openDescriptors() == before + 1 + 1)
        cache.tidy(now: later + 61)
        #expect(try cache.count == 1 && openDescriptors() == before)
    }

    private func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?
                .hasPrefix(temporary.root) ?? false
        }.count
    }

    @Test func `size 0 remembers nothing`() throws {
        try temporary.write("a.bin", "x")
        let cache = cache(size: 0)
        #expect(try site.get("/a.bin", now: later, from: cache).body?.readAll() == Array("x".utf8))
        #expect(cache.count == 0)
    }

    @Test func `two sites with one path are told apart, and so are a file and a directory's index`() throws {
        try temporary.write("a", "file")
        try temporary.write("b/index.html", "index")
        let other = try TemporaryDirectory()
        try other.write("a", "other")
        let otherSite = try other.site()
        let cache = cache()
        for _ in 0..<2 {
            #expect(try site.get("/a", now: later, from: cache).body?.readAll() == Array("file".utf8))
            #expect(try otherSite.get("/a", now: later, from: cache).body?.readAll() == Array("other".utf8))
            #expect(try site.get("/b/", now: later, from: cache).body?.readAll() == Array("index".utf8))
            #expect(site.get("/b", now: later, from: cache).status == 301)
            #expect(site.get("/a/", now: later, from: cache).status == 404)
        }
    }

    @Test func `other spellings of a path are the same entry`() throws {
        try temporary.write("a b.bin", "x")
        let cache = cache()
        for path in ["/a%20b.bin", "/%61%20b.bin", "//a%20b.bin"] { _ = site.get(path, now: later, from: cache) }
        #expect(cache.count == 1)
    }

    @Test func `a newer compressed sibling is noticed`() throws {
        let site = try temporary.site { $0.precompressed = true }
        let cache = cache(size: 1 << 20)
        try temporary.write("a.txt", sampleText(2000))
        try temporary.write("a.txt.gz", "one")
        #expect(try site.get("/a.txt", now: later, from: cache, gzip).body?.readAll() == Array("one".utf8))
        #expect(site.get("/a.txt", now: later, from: cache, gzip).body?.content != nil)
        try temporary.write("a.txt.gz", "two!")
        #expect(try site.get("/a.txt", now: later + 10, from: cache, gzip).body?.readAll() == Array("two!".utf8))
    }
}
