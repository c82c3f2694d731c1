/// A route's path: which request paths it takes, and where their remainder begins. The rules are in docs/paths.md.
package struct PathPrefix: Sendable, Hashable {
    /// The prefix with all escapes decoded and without a final slash; empty for `/`.
    let segments: [UInt8]
    /// Whether it was written with a final slash.
    private let endsWithSlash: Bool
    /// Has it neither an escape sign nor a semicolon? Then a path that begins with the same bytes begins with the same segments.
    private let isPlain: Bool
    /// The prefix as configured, for messages.
    package let text: String

    /// Is it `/`, which every path is below?
    package var takesEverything: Bool { segments.isEmpty }

    /// A match; the higher `score` is the longer prefix.
    package struct Match: Equatable, Sendable {
        /// Orders matching prefixes: longer first; of `/api` and `/api/`, the one spelled like the request.
        package let score: Int
        /// Offset of the first byte of the path behind the prefix: a separator, or the path's end.
        package let remainder: Int
    }

    /// nil when `text` does not begin with `/`, has a query or fragment, or is refused as a path.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.first == 0x2F, !bytes.contains(0x3F), !bytes.contains(0x23) else { return nil }
        var normal: [UInt8] = []
        do throws(HTTPRefusal) {
            try NormalisedPath.append(bytes.span, 0..<bytes.count, to: &normal)
        } catch { return nil }
        var decoded: [UInt8] = []
        var index = 0
        while index < normal.count {
            let (byte, width) = Self.decoded(normal.span, index, normal.count)
            // An empty segment in a prefix could never match: the request's are skipped.
            if byte != 0x2F || decoded.last != 0x2F { decoded.append(byte) }
            index += width
        }
        endsWithSlash = decoded.last == 0x2F
        if endsWithSlash { decoded.removeLast() }
        segments = decoded
        isPlain = !decoded.contains(0x25) && !decoded.contains(0x3B)
        self.text = text
    }

    /// Matches the normalised path at `path` on whole segments: `/api` and `/api/` take `/api`, `/api/` and `/api/x`, never
    /// `/apix`. Escapes are compared decoded, a run of slashes (also `%2F`, `/;x/`) as one, and parameters (`;x`) are skipped:
    /// whatever an upstream makes of such spellings, they are in the same route.
    package func match(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Match? {
        let (start, end) = (path.lowerBound, path.upperBound)
        guard start < end, bytes[start] == 0x2F else { return nil }
        var index = start &+ segments.count
        // Nearly all paths are spelled as the prefix is.
        if !isPlain || index > end || !ByteScanning.same(bytes.extracting(start..<index), segments.span) {
            guard let behind = behindSegments(bytes, path) else { return nil }
            index = behind
        }
        if !segments.isEmpty { index = Self.skipParameters(bytes, index, end) }
        guard index == end || Self.isSeparator(bytes, index, end) else { return nil }
        let spelledAlike = endsWithSlash == (index < end)
        return Match(score: segments.count * 2 + (spelledAlike ? 1 : 0), remainder: index)
    }

    /// The offset behind all segments, however the path spells them; nil if it has others.
    private func behindSegments(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Int? {
        var index = path.lowerBound
        let end = path.upperBound
        for position in segments.indices {
            let wanted = segments[position]
            if wanted == 0x2F {
                index = Self.skipParameters(bytes, index, end)
                var next = Self.skipSeparators(bytes, index, end)
                guard next > index else { return nil }
                // A prefix with a segment that begins with a semicolon means it.
                if next < end, bytes[next] == 0x3B, position + 1 == segments.count || segments[position + 1] != 0x3B {
                    next = Self.skipEmptySegments(bytes, next, end)
                }
                index = next
                continue
            }
            guard index < end else { return nil }
            let (byte, width) = Self.decoded(bytes, index, end)
            guard byte == wanted else { return nil }
            index += width
        }
        return index
    }

    /// Does it take the normalised path at `path` as a whole, a final slash being as it is written?
    package func matchesWhole(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Bool {
        guard let match = match(bytes, path) else { return false }
        let behind = Self.skipSeparators(bytes, match.remainder, path.upperBound)
        let end = Self.skipEmptySegments(bytes, behind, path.upperBound)
        return end == path.upperBound && endsWithSlash == (match.remainder < end)
    }

    /// The byte at `index` and how many bytes spell it: 3 for an escape, else 1.
    static func decoded(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> (UInt8, Int) {
        guard bytes[index] == 0x25, index + 2 < end, let high = ByteClass.hexValue(bytes[index + 1]),
            let low = ByteClass.hexValue(bytes[index + 2])
        else { return (bytes[index], 1) }
        return (high << 4 | low, 3)
    }

    private static func isSeparator(_ bytes: Span<UInt8>, _ index: Int, _ end: Int) -> Bool {
        decoded(bytes, index, end).0 == 0x2F
    }

    /// The offset in `path` behind the run of slashes, raw or escaped, at its beginning.
    package static func behindSeparators(_ bytes: Span<UInt8>, _ path: Range<Int>) -> Int {
        skipSeparators(bytes, path.lowerBound, path.upperBound)
    }

    /// The offset after the run of slashes, raw or escaped, at `index`.
    static func skipSeparators(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            let (byte, width) = decoded(bytes, index, end)
            guard byte == 0x2F else { break }
            index += width
        }
        return index
    }

    /// The offset after the segments at `start`, which is behind a slash, that have parameters alone (`/;x/`): to who cuts
    /// parameters off, they are part of a run of slashes.
    @inline(never)
    static func skipEmptySegments(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, bytes[index] == 0x3B {
            index = skipSeparators(bytes, skipParameters(bytes, index, end), end)
        }
        return index
    }

    /// The offset after the parameters, if any begin at `start`.
    static func skipParameters(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        guard start < end, bytes[start] == 0x3B else { return start }
        var index = start
        while index < end, !isSeparator(bytes, index, end) { index += 1 }
        return index
    }
}
