import Foundation
import Testing

@testable import StaticFiles

/// What is served when the path of a site names another directory than it did.
@Suite struct ReplacedDirectoryTests {
    private let temporary: TemporaryDirectory
    private let cache = StaticCache(StaticCache.Settings(size: 64 * 1024, entries: 100, valid: 10))
    private let now = TemporaryDirectory.now + 10

    init() throws {
        temporary = try TemporaryDirectory()
        try temporary.write("a.txt", "old")
    }

    private func text(_ site: StaticSite, after seconds: Int64) throws -> String {
        let answer = site.get("/a.txt", now: now + seconds, from: cache)
        guard answer.status == 200 else { return String(answer.status) }
        return try String(decoding: answer.body?.readAll() ?? [], as: UTF8.self)
    }

    private func move(_ name: String, to other: String) throws {
        try FileManager.default.moveItem(atPath: temporary.base + "/" + name, toPath: temporary.base + "/" + other)
    }

    @Test func `a directory built anew is served when the one before is too old`() throws {
        let site = try temporary.site()
        #expect(try text(site, after: 0) == "old")
        try FileManager.default.removeItem(atPath: temporary.root)
        try temporary.write("a.txt", "new")
        #expect(try text(site, after: 10) == "new")
        #expect(cache.count == 1)
    }

    @Test func `a file looked up just before is no older than its directory`() throws {
        let site = try temporary.site()
        try temporary.write("b.txt", "other")
        _ = site.get("/b.txt", now: now, from: cache)
        #expect(try text(site, after: 9) == "old")
        try move("root", to: "aside")
        try temporary.write("a.txt", "new")
        #expect(try text(site, after: 10) == "new")
    }

    @Test func `a link to the present release is followed anew`() throws {
        try move("root", to: "one")
        try temporary.write("a.txt", "new")
        try move("root", to: "two")
        try FileManager.default.createSymbolicLink(atPath: temporary.root, withDestinationPath: "one")
        let site = try temporary.site()
        #expect(try text(site, after: 0) == "old")
        try FileManager.default.createSymbolicLink(atPath: temporary.base + "/next", withDestinationPath: "two")
        let renamed = unsafe rename(temporary.base + "/next", temporary.root)
        #expect(renamed == 0)
        #expect(try text(site, after: 10) == "new")
        try FileManager.default.removeItem(atPath: temporary.base + "/one")
        #expect(try text(site, after: 20) == "new")
    }

    @Test func `a lost directory is not found, told once, and served at once when it is back`() throws {
        let site = try temporary.site()
        #expect(site.takeChange() == nil)
        #expect(try text(site, after: 0) == "old")
        try move("root", to: "aside")
        #expect(try text(site, after: 10) == "404")
        #expect(site.takeChange() == .lost(reason: "static_dir \(temporary.root): No such file or directory"))
        #expect(site.takeChange() == nil)
        try move("aside", to: "root")
        #expect(try text(site, after: 10) == "old")
        #expect(site.takeChange() == .returned)
        #expect(site.takeChange() == nil)
    }

    @Test func `without a cache the path is looked up each time`() throws {
        let site = try temporary.site()
        #expect(site.get("/a.txt").contentLength == 3)
        try move("root", to: "aside")
        #expect(site.get("/a.txt").status == 404)
    }
}
