import Foundation
import HTTP
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
        try #require(site.get("/" + path) { $0.acceptEncoding = gzip ? AcceptEncoding("gzip") : AcceptEncoding() }.body)
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
        let answer = site.get("/a.txt") { $0.acceptEncoding = AcceptEncoding("gzip") }
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
        #expect(throws: StaticError.changed) { try body.readAll() }
        #expect(throws: StaticError.changed) { try body.readAll() }
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

    @Test(arguments: [false, true])
    func `a file that is written over while it is sent is no mixture`(gzip: Bool) throws {
        try temporary.write("a.txt", sampleText(300_000))
        let body = try body("a.txt", gzip: gzip)
        var begun: [UInt8] = []
        _ = try body.read(into: &begun, room: 4096)
        #expect(!begun.isEmpty)
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: temporary.root + "/a.txt"))
        try handle.seek(toOffset: 200_000)
        try handle.write(contentsOf: Data(repeating: 0, count: 10))
        try handle.close()
        #expect(throws: StaticError.changed) { _ = try body.readAll() }
    }
}
