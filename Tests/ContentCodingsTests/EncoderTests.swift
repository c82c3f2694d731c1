import Foundation
import HTTP
import TestSupport
import Testing

@testable import ContentCodings

/// The encoders, read by other people's decoders.
@Suite("Content encoders")
struct EncoderTests {
    private static let codings: [ContentCoding] = [.gzip, .brotli, .zstd]
    private static let node: [ContentCoding: String] = [.gzip: "gunzip", .brotli: "brotliDecompress"]

    private func encoder(_ coding: ContentCoding, _ levels: EncodingLevels = EncodingLevels()) throws -> any ContentEncoder {
        try #require(try coding.encoder(levels))
    }

    /// What a decoder makes of the bytes, which may break off.
    private func decoded(_ bytes: [UInt8], _ coding: ContentCoding, isCut: Bool = false) async throws -> [UInt8] {
        let file = FileManager.default.temporaryDirectory.appending(path: "encoded-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        let command: [String]
        if let function = Self.node[coding] {
            let flush = coding == .gzip ? "Z_SYNC_FLUSH" : "BROTLI_OPERATION_FLUSH"
            let options = isCut ? ", { finishFlush: z.constants.\(flush) }" : ""
            let script =
                "const z = require('zlib'), b = require('fs').readFileSync(process.argv[1]);"
                + "process.stdout.write(z.\(function)Sync(b\(options)))"
            command = ["node", "-e", script, file.path]
        } else {
            command = ["zstd", "-dcq", file.path]
        }
        let outcome = try await Command.run("env", command)
        // zstd tells of a frame that breaks off, after all that could be decoded.
        #expect((outcome.code == 0) != (isCut && coding == .zstd), "\(coding): \(outcome.errors)")
        return outcome.output
    }

    /// Text that compresses by about five.
    private func text(_ size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var number: UInt32 = 1
        while bytes.count < size {
            number = number &* 1_664_525 &+ 1_013_904_223
            bytes += Array("<li class=\"entry\">\(number >> 12) of many</li>\n".utf8)
        }
        return Array(bytes.prefix(size))
    }

    private static let cases: [(ContentCoding, EncodingLevels)] =
        (0...9).map { (.gzip, EncodingLevels(gzip: $0)) } + (0...11).map { (.brotli, EncodingLevels(brotli: $0)) }
        + [1, 3, 9, 19].map { (.zstd, EncodingLevels(zstd: $0)) }

    @Test("every level gives what decoders read, in whatever pieces it comes", arguments: cases)
    func levels(coding: ContentCoding, levels: EncodingLevels) async throws {
        let content = text(100_000)
        let encoder = try encoder(coding, levels)
        var encoded: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: 9_999) {
            try encoder.encode(content[start..<min(start + 9_999, content.count)].span, into: &encoded, flush: .none)
        }
        try encoder.encode([UInt8]().span, into: &encoded, flush: .finish)
        #expect(try await decoded(encoded, coding) == content)
        if coding != .gzip || levels.gzip > 0 { #expect(encoded.count < content.count / 2) }
    }

    @Test("nothing at all has a form, too", arguments: codings)
    func empty(coding: ContentCoding) async throws {
        var encoded: [UInt8] = []
        try encoder(coding).encode([UInt8]().span, into: &encoded, flush: .finish)
        #expect(!encoded.isEmpty)
        #expect(try await decoded(encoded, coding).isEmpty)
    }

    @Test("after a sync flush everything so far can be decoded", arguments: codings)
    func flushes(coding: ContentCoding) async throws {
        let encoder = try encoder(coding)
        var encoded: [UInt8] = []
        for number in 1...3 {
            try encoder.encode(Array("event \(number)\n".utf8).span, into: &encoded, flush: .sync)
            let expected = (1...number).map { "event \($0)\n" }.joined()
            #expect(try await decoded(encoded, coding, isCut: true) == Array(expected.utf8))
        }
    }

    @Test("flushing nothing does no harm", arguments: codings)
    func flushesNothing(coding: ContentCoding) async throws {
        let encoder = try encoder(coding)
        var encoded: [UInt8] = []
        try encoder.encode([UInt8]().span, into: &encoded, flush: .none)
        #expect(encoded.isEmpty)
        try encoder.encode([1, 2, 3].span, into: &encoded, flush: .sync)
        try encoder.encode([UInt8]().span, into: &encoded, flush: .sync)
        try encoder.encode([UInt8]().span, into: &encoded, flush: .sync)
        try encoder.encode([4].span, into: &encoded, flush: .finish)
        #expect(try await decoded(encoded, coding) == [1, 2, 3, 4])
    }

    @Test("one that has ended takes no more, until it is made as new", arguments: codings)
    func restarts(coding: ContentCoding) async throws {
        let encoder = try encoder(coding)
        var (first, second): ([UInt8], [UInt8]) = ([], [])
        try encoder.encode([1].span, into: &first, flush: .finish)
        #expect(throws: EncodingError.self) { try encoder.encode([1].span, into: &first, flush: .finish) }
        guard encoder.restart() else {
            #expect(coding == .brotli)
            return
        }
        try encoder.encode([1].span, into: &second, flush: .finish)
        #expect(second == first)
        // Also in the middle of a body.
        #expect(encoder.restart())
        try encoder.encode(text(50_000).span, into: &first, flush: .none)
        #expect(encoder.restart())
        second = []
        try encoder.encode([7].span, into: &second, flush: .finish)
        #expect(try await decoded(second, coding) == [7])
    }

    @Test("a level that a library does not know is refused")
    func badLevels() {
        for levels in [EncodingLevels(gzip: -2, brotli: -1, zstd: 0), EncodingLevels(gzip: 10, brotli: 12, zstd: 20)] {
            for coding in Self.codings { #expect(throws: EncodingError.self, "\(coding)") { try coding.encoder(levels) } }
        }
    }
}
