/// Finds what a misspelt word was meant to be.
package enum DidYouMean {
    /// A hint that names the nearest of the words; nil if none is near.
    static func hint(for word: String, among words: [String]) -> String? {
        nearest(to: word, among: words).map { "did you mean \"\($0)\"?" }
    }

    /// The word with the fewest edits, at most a third of its letters; the earlier one of equals.
    package static func nearest(to word: String, among words: [String]) -> String? {
        let longest = 64
        guard word.utf8.count <= longest else { return nil }
        let asked = Array(word.lowercased().unicodeScalars)
        var best: (word: String, distance: Int)?
        for candidate in words where candidate.utf8.count <= longest && candidate != word {
            let distance = editDistance(asked, Array(candidate.lowercased().unicodeScalars))
            let allowed = max(1, max(asked.count, candidate.unicodeScalars.count) / 3)
            if distance <= allowed && distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// Insertions, deletions, replacements, and swaps of neighbours (optimal string alignment).
    private static func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var rows = [Array(0...right.count)]
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let replaced = rows[row - 1][column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                var fewest = min(replaced, rows[row - 1][column] + 1, current[column - 1] + 1)
                let isSwap = row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]
                if isSwap { fewest = min(fewest, rows[row - 2][column - 2] + 1) }
                current.append(fewest)
            }
            rows.append(current)
        }
        return rows[left.count][right.count]
    }
}
