/// Which of many texts are in a line, found in one walk along it, however many there are: a log has many lines.
///
/// By bytes: a String compares characters, and to look for each text by itself took more than a millisecond for a line.
struct PatternTable {
    /// The patterns by their first two bytes.
    private var patterns: [UInt16: [(bytes: [UInt8], number: Int)]] = [:]

    /// - Parameter texts: those of a number, by it; each of two bytes at least.
    init(_ texts: [[String]]) {
        for (number, texts) in texts.enumerated() {
            for text in texts {
                let bytes = Array(text.utf8)
                patterns[Self.pair(bytes[0], bytes[1]), default: []].append((bytes, number))
            }
        }
    }

    /// The least number of which a text is in the line.
    func first(in line: [UInt8]) -> Int? {
        var least: Int?
        for index in line.indices.dropLast() {
            for pattern in patterns[Self.pair(line[index], line[index + 1])] ?? []
            where pattern.number < least ?? .max && line[index...].starts(with: pattern.bytes) {
                least = pattern.number
            }
        }
        return least
    }

    private static func pair(_ first: UInt8, _ second: UInt8) -> UInt16 { UInt16(first) << 8 | UInt16(second) }
}

extension [UInt8] {
    /// Where a text stands first in them.
    func range(of text: String) -> Range<Int>? {
        let text = text.utf8
        guard let first = text.first else { return nil }
        var start = startIndex
        while let index = self[start...].firstIndex(of: first) {
            if self[index...].starts(with: text) { return index..<index + text.count }
            start = index + 1
        }
        return nil
    }

    func holds(_ text: String) -> Bool { range(of: text) != nil }
}
