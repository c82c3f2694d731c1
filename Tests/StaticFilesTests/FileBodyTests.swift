import Foundation
import Testing

@testable import StaticFiles

@Suite struct FileBodyTests {
    let temporary: TemporaryDirectory
    let site: StaticSite

    init() throws {
        temporary = try TemporaryDirectory()
        site = try temporary.site()
    }

    private func body(_ path: String, gzip: Bool = false) throws -> FileBody {
        try #require(site.get("/" + path) { $0.acceptEncoding = gzip ? Array("gzip".utf8) : nil }.body)
    }

    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let path = temporary.base + "/encoded-\(UUID().uuidString).gz"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let (output, code) = try run("/bin/gzip", ["-dc", path])
        #expect(code == 0)
        return output
    }

    @Test(arguments: [1, 7, 16_384, 1_000_000])
    func `a file comes out whole in any pieces`(room: Int) throws {
        let content = sampleText(50_000)
        try temporary.write("a.txt", content)
        #expect(try body("a.txt").readAll(room: room) == content)
    }

    @Test(arguments: [1024, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 1_000_000])
    func `gzip undoes what gzip did`(size: Int) throws {
        let content = sampleText(size)
        try temporary.write("a.txt", content)
        let encoded = try body("a.txt", gzip: true).readAll()
        #expect(encoded.count < size / 2)
        #expect(try gunzip(encoded) == content)
    }

    @Test func `an empty file has a gzip form`() throws {
        try temporary.write("a.txt", "")
        let site = try temporary.site { $0.minSize = 0 }
        let answer = site.get("/a.txt") { $0.acceptEncoding = Array("gzip".utf8) }
        #expect(answer["Content-Encoding"] == "gzip")
        let encoded = try #require(try answer.body?.readAll())
        #expect(!encoded.isEmpty)
        #expect(try gunzip(encoded).isEmpty)
    }

    @Test func `the gzip form does not depend on how it is read`() throws {
        try temporary.write("a.txt", sampleText(300_000))
        let whole = try body("a.txt", gzip: true).readAll(room: 1_000_000)
        for room in [1, 13, 4096] { #expect(try body("a.txt", gzip: true).readAll(room: room) == whole) }
    }

    @Test func `one read compresses at most one slice, and yields bytes even of zeros`() throws {
        try temporary.write("zeros.txt", [UInt8](repeating: 0, count: 1_000_000))
        let body = try body("zeros.txt", gzip: true)
        var encoded: [UInt8] = []
        while true {
            let before = body.offset
            let count = try body.read(into: &encoded, room: 100_000)
            #expect(body.offset - before <= FileBody.slice)
            if count == 0 { break }
        }
        #expect(body.offset == 1_000_000)
        #expect(try gunzip(encoded) == [UInt8](repeating: 0, count: 1_000_000))
    }

    @Test(arguments: [false, true])
    func `a file that becomes shorter is an error, never a short end`(gzip: Bool) throws {
        try temporary.write("a.txt", sampleText(200_000))
        let body = try body("a.txt", gzip: gzip)
        var bytes: [UInt8] = []
        #expect(try body.read(into: &bytes, room: 10_000) > 0)
        try temporary.resize("a.txt", to: 100_000)
        #expect(throws: StaticError.truncated(missing: 100_000)) { try body.readAll() }
        #expect(throws: StaticError.truncated(missing: 100_000)) { try body.readAll() }
    }

    @Test(arguments: [false, true])
    func `a file that grows ends at its old length`(gzip: Bool) throws {
        let content = sampleText(100_000)
        try temporary.write("a.txt", content)
        let body = try body("a.txt", gzip: gzip)
        try temporary.resize("a.txt", to: 300_000)
        let bytes = try body.readAll()
        #expect(try (gzip ? gunzip(bytes) : bytes) == content)
    }
}

@Suite struct GzipEncoderTests {
    @Test func `a sync flush lets everything so far be decoded`() throws {
        let temporary = try TemporaryDirectory()
        let encoder = try GzipEncoder(level: 6)
        var encoded: [UInt8] = []
        try encoder.encode(Array("first event\n".utf8).span, into: &encoded, flush: .sync)
        let path = temporary.base + "/open.gz"
        try Data(encoded).write(to: URL(fileURLWithPath: path))
        // The stream is still open, which gzip reports; what came so far must be there all the same.
        let (output, code) = try run("/bin/sh", ["-c", "gzip -dc \"$0\" 2>/dev/null", path])
        #expect(code != 0)
        #expect(output == Array("first event\n".utf8))
    }

    @Test(arguments: 0...9)
    func `every level gives gzip`(level: Int) throws {
        let temporary = try TemporaryDirectory()
        let content = sampleText(100_000)
        let encoder = try GzipEncoder(level: level)
        var encoded: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 9_999) {
            try encoder.encode(content[start..<min(start + 9_999, content.count)].span, into: &encoded, flush: .none)
        }
        try encoder.encode([UInt8]().span, into: &encoded, flush: .finish)
        let path = temporary.base + "/a.gz"
        try Data(encoded).write(to: URL(fileURLWithPath: path))
        #expect(try run("/bin/gzip", ["-dc", path]).output == content)
    }

    @Test func `flushing twice, or nothing at all, does no harm`() throws {
        let encoder = try GzipEncoder(level: 1)
        var encoded: [UInt8] = []
        try encoder.encode([UInt8]().span, into: &encoded, flush: .none)
        #expect(encoded.isEmpty)
        try encoder.encode([1, 2, 3].span, into: &encoded, flush: .sync)
        let count = encoded.count
        try encoder.encode([UInt8]().span, into: &encoded, flush: .sync)
        #expect(encoded.count == count)
    }

    @Test func `an ended stream takes no more`() throws {
        let encoder = try GzipEncoder(level: 6)
        var encoded: [UInt8] = []
        try encoder.encode([1].span, into: &encoded, flush: .finish)
        #expect(throws: StaticError.self) { try encoder.encode([1].span, into: &encoded, flush: .finish) }
    }

    @Test(arguments: [-2, 10, Int.max])
    func `an unknown level is refused`(level: Int) {
        #expect(throws: StaticError.self) { try GzipEncoder(level: level) }
    }
}
