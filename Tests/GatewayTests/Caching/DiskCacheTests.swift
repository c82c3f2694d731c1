import Foundation
import Glibc
import TestSupport
import Testing

/// `disk_dir` of `[sites.cache_upstream]`: what is kept on disk besides memory.
@Suite("The cache of upstreams' answers on disk")
struct DiskCacheTests {
    private static let fresh = "Cache-Control: max-age=1000"
    /// So many answers of 20 KB that a worker's memory, as small as it may be, has not the first one any more.
    private static let many = 6
    private static let page = String(repeating: "0123456789", count: 2000)

    private func site(_ keys: String = "", in directory: TemporaryDirectory, fields: String = fresh) throws -> CachedSite {
        try CachedSite("max_memory = \"64KB\"\ndisk_dir = \"\(directory.path)\"\n\(keys)") { request, number in
            CachedSite.answer("\(number) \(Self.page)", fields, to: request)
        }
    }

    /// Files of stored answers, as far as they are written.
    private func files(_ directory: TemporaryDirectory) throws -> [String] {
        let all = try FileManager.default.subpathsOfDirectory(atPath: directory.path)
        return all.filter { $0.split(separator: "/").last?.wholeMatch(of: /[0-9a-f]{16}/) != nil && $0.contains("/") }
    }

    private func fill(_ site: CachedSite) async throws {
        for number in 0..<Self.many {
            #expect(try await site.status("/\(number)") == "gatehouse; fwd=uri-miss; stored")
        }
    }

    private static func isFromDisk(_ status: String) -> Bool {
        status.hasPrefix("gatehouse; hit; ttl=") && status.hasSuffix("; detail=disk")
    }

    @Test("answers what memory has not any more, and then from memory")
    func tiers() async throws {
        let directory = try TemporaryDirectory()
        let site = try site(in: directory)
        try await Gatehouse.serving(site.toml) { _ async throws in
            try await fill(site)
            try await eventually("all are on disk") { try files(directory).count >= Self.many }
            let answer = try await site.ask("/0")
            #expect(answer.text == "0 \(Self.page)" && Self.isFromDisk(answer.value("Cache-Status") ?? ""), "\(answer)")
            let again = try await site.status("/0")
            #expect(again.hasPrefix("gatehouse; hit") && !again.contains("detail"), "\(again)")
            let head = try await site.ask("/1", method: "HEAD")
            #expect(head.value("Content-Length") == "20002" && head.body.isEmpty)
            #expect(try await site.ask("/2", "Range: bytes=0-2").text == "2 0")
            #expect(site.upstream.requests.all.count == Self.many)
        }
    }

    @Test("is found again after a restart, what is damaged, cut or foreign is not, and is set aside")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let site = try site(in: directory)
        try await Gatehouse.serving(site.toml) { _ async throws in try await fill(site) }
        let stored = try files(directory).sorted()
        #expect(stored.count == Self.many)
        // Of three answers, one is changed, one is cut; and there is one that nobody has written.
        let paths = stored.map { directory.path + "/" + $0 }
        var bytes = try [UInt8](Data(contentsOf: URL(filePath: paths[0])))
        bytes[bytes.count - 5] ^= 1
        try Data(bytes).write(to: URL(filePath: paths[0]))
        try Data(bytes.prefix(9000)).write(to: URL(filePath: paths[1]))
        let foreign = URL(filePath: paths[2]).deletingLastPathComponent()
        try Data("nothing".utf8).write(to: foreign.appending(path: "00000000000000ff"))
        try Data("mine".utf8).write(to: foreign.appending(path: "notes.txt"))
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            _ = try await gatehouse.log.first("what was cut") { $0.contains("set aside") && $0.contains(stored[1]) }
            _ = try await gatehouse.log.first("what is foreign") { $0.contains("set aside") && $0.contains("00000000000000ff") }
            var hits = 0
            for number in 0..<Self.many {
                let answer = try await site.ask("/\(number)")
                #expect(answer.text.hasSuffix(" \(Self.page)"))
                if Self.isFromDisk(answer.value("Cache-Status") ?? "") { hits += 1 }
            }
            #expect(hits == Self.many - 2)
            _ = try await gatehouse.log.first("what was changed") { $0.contains("set aside") && $0.contains(stored[0]) }
            #expect(site.upstream.requests.all.count == Self.many + 2)
            #expect(try String(contentsOf: foreign.appending(path: "notes.txt"), encoding: .utf8) == "mine")
            #expect(FileManager.default.fileExists(atPath: foreign.appending(path: "damaged").path))
        }
    }

    @Test("holds no more than it may")
    func bounded() async throws {
        let directory = try TemporaryDirectory()
        let site = try site("disk_size = \"100KB\"", in: directory)
        // Of 20 KB, one of a file system's blocks more, and one for the name.
        try await Gatehouse.serving(site.toml) { _ async throws in try await fill(site) }
        #expect(try files(directory).count == 4)
        let few = try TemporaryDirectory()
        let other = try self.site("disk_answers = 2", in: few)
        try await Gatehouse.serving(other.toml) { _ async throws in try await fill(other) }
        #expect(try files(few).count == 2)
    }

    private static let canMount: Bool = {
        guard getuid() == 0, let place = try? TemporaryDirectory() else { return false }
        defer { _ = unsafe umount2(place.path, Int32(MNT_DETACH)) }
        return unsafe mount("tmpfs", place.path, "tmpfs", 0, "size=4k") == 0
    }()

    @Test("is left alone when it is full, which is said once", .enabled(if: canMount))
    func full() async throws {
        let directory = try TemporaryDirectory()
        try #require(unsafe mount("tmpfs", directory.path, "tmpfs", 0, "size=50k") == 0)
        defer { _ = unsafe umount2(directory.path, Int32(MNT_DETACH)) }
        let site = try site(in: directory)
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            try await fill(site)
            let line = try await gatehouse.log.first("that it is full") { $0.contains("not kept on disk for now") }
            #expect(line.contains("No space left on device") && line.contains("key=sites.cache_upstream.disk_dir"), "\(line)")
            for number in 10..<16 { #expect(try await site.ask("/\(number)").status == 200) }
            #expect(gatehouse.log.all.count { $0.contains("not kept on disk") } == 1)
        }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: directory.path).allSatisfy { !$0.contains(".new-") })
    }

    @Test("keeps forms apart by Vary")
    func forms() async throws {
        let directory = try TemporaryDirectory()
        let site = try site("client_directives = true", in: directory, fields: "\(Self.fresh)\r\nVary: X-Form")
        try await Gatehouse.serving(site.toml) { _ async throws in
            for form in ["a", "b"] { _ = try await site.ask("/", "X-Form: \(form)") }
        }
        #expect(try files(directory).count == 2)
        try await Gatehouse.serving(site.toml) { _ async throws in
            // What is on disk is looked through beside the first requests.
            for form in ["a", "b"] {
                try await eventually("form \(form)") {
                    try await site.ask("/", "X-Form: \(form)\r\nCache-Control: only-if-cached").status != 504
                }
            }
            #expect(try await site.ask("/", "X-Form: b").text.hasPrefix("1 "))
            #expect(try await site.ask("/", "X-Form: a").text.hasPrefix("0 "))
            #expect(try await site.status("/", "X-Form: c").contains("fwd=vary-miss"))
        }
    }
}
