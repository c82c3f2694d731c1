import Testing

@testable import HTTP

@Suite("Stored answers as files")
struct AnswerFileTests {
    private static let body = Array("the body".utf8)

    private static let file: AnswerFile = {
        var times = CachedTimes(requested: -5, received: 1_700_000_000, date: nil, age: 0, lifetime: 60)
        times.initialAge = 7
        return AnswerFile(
            key: CacheKey(route: .max - 1, target: Array("host/path?query".utf8)), values: Array("gzip\n".utf8), times: times,
            head: Array("HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\n\r\n".utf8))
    }()

    @Test("are read as they were written, whole or by their label")
    func readAgain() throws {
        for body in [Self.body, []] {
            let bytes = Self.file.bytes(body: body)
            let (file, read) = try #require(AnswerFile.read(bytes))
            #expect(file == Self.file && read == body)
            let label = try #require(AnswerFile.labelLength(Array(bytes.prefix(AnswerFile.prefix))))
            let start = Array(bytes.prefix(AnswerFile.prefix + label))
            #expect(AnswerFile(label: start, ofFileOf: bytes.count) == Self.file)
            #expect(AnswerFile(label: start.dropLast(), ofFileOf: bytes.count) == nil)
            #expect(AnswerFile(label: start, ofFileOf: bytes.count - 1) == nil)
        }
    }

    @Test("are none when they are cut anywhere, or longer")
    func cut() {
        let bytes = Self.file.bytes(body: Self.body)
        for count in bytes.indices { #expect(AnswerFile.read(Array(bytes[..<count])) == nil, "\(count)") }
        #expect(AnswerFile.read(bytes + [0]) == nil)
    }

    @Test("are none when their times are beyond all reckoning, though their sum is right", arguments: 0..<4)
    func extremeTimes(which: Int) {
        for extreme in [Int64.min, .max, -1 << 41, 1 << 41] {
            var file = Self.file
            switch which {
            case 0: file.times.requested = extreme
            case 1: file.times.received = extreme
            case 2: file.times.lifetime = UInt64(bitPattern: extreme)
            default: file.times.initialAge = UInt64(bitPattern: extreme)
            }
            #expect(AnswerFile.read(file.bytes(body: Self.body)) == nil)
        }
    }

    @Test("are none when any bit has changed")
    func changed() {
        let bytes = Self.file.bytes(body: Self.body)
        for place in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[place] ^= 1 << bit
                #expect(AnswerFile.read(other) == nil, "byte \(place), bit \(bit)")
            }
        }
    }
}

extension AnswerFile {
    fileprivate init?(label: ArraySlice<UInt8>, ofFileOf size: Int) { self.init(label: Array(label), ofFileOf: size) }
}
