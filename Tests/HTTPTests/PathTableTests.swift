import Testing

@testable import HTTP

@Suite struct PathTableTests {
    /// What the table must find: the best of all prefixes, each tried in turn.
    private func bestByTrying(_ prefixes: [PathPrefix], _ path: [UInt8]) -> PathTable.Found? {
        var best: (found: PathTable.Found, score: Int)?
        for (index, prefix) in prefixes.enumerated() {
            guard let match = prefix.match(path.span, 0..<path.count), match.score > best?.score ?? -1 else { continue }
            best = (PathTable.Found(index: index, remainder: match.remainder), match.score)
        }
        return best?.found
    }

    private struct Dice {
        var state: UInt64

        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % sides
        }
    }

    @Test(arguments: 1...20)
    func `it finds what trying every prefix finds, whatever the spelling`(seed: UInt64) {
        var dice = Dice(state: seed)
        let pieces = ["/", "/", "/", "a", "b", "ab", ";", ";p=1", "%2F", "%3B", "%61", "//", "%C3%BC", "c%2Fd"]
        func path() -> String { "/" + (0..<dice.roll(9)).map { _ in pieces[dice.roll(pieces.count)] }.joined() }
        let prefixes = (0..<dice.roll(60)).compactMap { _ in PathPrefix(path()) }
        let table = PathTable(prefixes)
        for _ in 0..<500 {
            let text = path()
            let bytes = Array(text.utf8)
            let expected = bestByTrying(prefixes, bytes)
            let found = table.match(bytes.span, 0..<bytes.count)
            #expect(found == expected, "\(text) among \(prefixes.map(\.text))")
        }
    }

    @Test func `of ten thousand prefixes the longest is found`() throws {
        var texts = (0..<10_000).map { "/service/\($0)" } + ["/", "/service/77/inner/"]
        texts.swapAt(0, 5000)
        let prefixes = try texts.map { try #require(PathPrefix($0)) }
        let table = PathTable(prefixes)
        for path in ["/service/9999/x", "/service/77/inner/x", "/service/77/outer", "/service/10000", "/", "/service/0"] {
            let bytes = Array(path.utf8)
            let found = table.match(bytes.span, 0..<bytes.count)
            #expect(found != nil && found == bestByTrying(prefixes, bytes))
        }
    }

    @Test func `of equal prefixes the first is taken, and none without a match`() throws {
        let prefixes = try ["/b", "/a", "/a"].map { try #require(PathPrefix($0)) }
        let table = PathTable(prefixes)
        let (a, c) = (Array("/a/x".utf8), Array("/c".utf8))
        let (taken, missed) = (table.match(a.span, 0..<a.count), table.match(c.span, 0..<c.count))
        #expect(taken == PathTable.Found(index: 1, remainder: 2))
        #expect(missed == nil)
        let none = PathTable([]).match(a.span, 0..<a.count)
        #expect(none == nil)
    }

    @Test func `it looks at the given range alone`() throws {
        let table = PathTable([try #require(PathPrefix("/a"))])
        let line = Array("GET /a HTTP/1.1".utf8)
        let (whole, cut) = (table.match(line.span, 4..<6), table.match(line.span, 4..<5))
        #expect(whole == PathTable.Found(index: 0, remainder: 6))
        #expect(cut == nil)
    }
}
