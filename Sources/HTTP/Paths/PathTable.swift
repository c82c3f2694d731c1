/// Finds the longest of many prefixes that takes a path, in a time that grows with the path and not with their number.
///
/// It walks the path as `PathPrefix.match` does and looks each beginning that ends a segment up by its hash. What it finds there
/// is only a guess: `match` decides, so that a path made to collide gains nothing.
package struct PathTable: Sendable {
    /// The hash table, with linear probing; at most half of the slots are taken.
    private var slots: [Slot]
    private let prefixes: [PathPrefix]
    /// Prefixes with a semicolon: where the walk skips parameters, they have a letter.
    private let irregular: [Int]
    /// How many segments the others have at most: what a path has behind so many cannot matter.
    private let depth: Int

    private struct Slot {
        var hash: UInt64
        /// The index of the slot's prefix; -1: the slot is free.
        var prefix: Int
    }

    /// A route's index among the prefixes, and where the path goes on behind it.
    package struct Found: Equatable, Sendable {
        package let index: Int
        package let remainder: Int
    }

    package init(_ prefixes: [PathPrefix]) {
        self.prefixes = prefixes
        func isRegular(_ index: Int) -> Bool { !prefixes[index].segments.contains(0x3B) }
        irregular = prefixes.indices.filter { !isRegular($0) }
        depth = prefixes.indices.filter(isRegular).map { prefixes[$0].segments.count { $0 == 0x2F } }.max() ?? 0
        var size = 2
        while size < prefixes.count * 2 { size *= 2 }
        slots = Array(repeating: Slot(hash: 0, prefix: -1), count: size)
        for index in prefixes.indices where isRegular(index) {
            var fnv = FNV1a()
            fnv.combine(prefixes[index].segments)
            let hash = fnv.value
            var slot = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[slot].prefix >= 0 { slot = (slot + 1) & (size - 1) }
            slots[slot] = Slot(hash: hash, prefix: index)
        }
    }

    /// The longest prefix that takes the normalised path at `path`; of equal ones the first.
    package func match(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Found? {
        var best = BestMatch()
        walk(bytes, path, &best)
        return best.found
    }

    @inline(__always)
    private func walk(_ bytes: Span<UInt8>, _ path: Range<Int>, _ visitor: inout some Visitor) {
        for index in irregular { visitor.visit(prefixes[index].match(bytes, path), index) }
        let end = path.upperBound
        var index = path.lowerBound
        var hash = FNV1a()
        consider(hash.value, bytes, path, &visitor)
        var segments = 0
        while index < end, segments < depth {
            let next = PathPrefix.skipSeparators(bytes, index, end)
            guard next > index else { break }
            index = next
            if index < end, bytes[index] == 0x3B { index = PathPrefix.skipEmptySegments(bytes, index, end) }
            hash.combine(0x2F)
            while index < end {
                var (byte, width) = (bytes[index], 1)
                if byte == 0x3B { break }
                if byte == 0x25 { (byte, width) = PathPrefix.decoded(bytes, index, end) }
                if byte == 0x2F { break }
                hash.combine(byte)
                index += width
            }
            consider(hash.value, bytes, path, &visitor)
            segments += 1
            index = PathPrefix.skipParameters(bytes, index, end)
        }
    }

    /// All prefixes that take the normalised path at `path`, the longest first; of equal ones the first.
    package func matches(_ bytes: Span<UInt8>, _ path: Range<Int>) -> [Found] {
        var all = AllMatches()
        walk(bytes, path, &all)
        return all.found.sorted { ($1.score, $0.found.index) < ($0.score, $1.found.index) }.map(\.found)
    }

    private protocol Visitor {
        mutating func visit(_ match: PathPrefix.Match?, _ index: Int)
    }

    private struct AllMatches: Visitor {
        var found: [(score: Int, found: Found)] = []

        mutating func visit(_ match: PathPrefix.Match?, _ index: Int) {
            guard let match, !found.contains(where: { $0.found.index == index }) else { return }
            found.append((match.score, Found(index: index, remainder: match.remainder)))
        }
    }

    private struct BestMatch: Visitor {
        var found: Found?
        private var score = -1

        mutating func visit(_ match: PathPrefix.Match?, _ index: Int) {
            guard let match, match.score > score || (match.score == score && index < found?.index ?? 0) else { return }
            score = match.score
            found = Found(index: index, remainder: match.remainder)
        }
    }

    @inline(__always)
    private func consider(_ hash: UInt64, _ bytes: Span<UInt8>, _ path: Range<Int>, _ visitor: inout some Visitor) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot].prefix >= 0 {
            if slots[slot].hash == hash {
                let index = slots[slot].prefix
                visitor.visit(prefixes[index].match(bytes, path), index)
            }
            slot = (slot + 1) & mask
        }
    }
}
