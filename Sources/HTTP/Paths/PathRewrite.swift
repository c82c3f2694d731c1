/// How a route turns the client's path into the upstream's: prefix handling, then the upstream URL's base path in front.
/// The rules are in docs/paths.md; a query always follows unchanged.
package struct PathRewrite: Sendable, Equatable {
    /// What becomes of the matched prefix.
    package enum Prefix: Sendable, Equatable {
        case keep
        /// Removed; what remains begins with exactly one slash.
        case strip
        /// Replaced by this path; joined to what remains with exactly one slash.
        case replace([UInt8])
    }

    package let prefix: Prefix
    /// The path of the upstream's URL without its final slash; empty for `/`.
    package let basePath: [UInt8]

    /// `rewriteTarget` wins over `stripPrefix`. nil if a path given here does not begin with `/`, has a query, or is
    /// refused as a path.
    package init?(stripPrefix: Bool = false, rewriteTarget: String? = nil, basePath: String = "/") {
        guard let base = Self.normal(basePath) else { return nil }
        self.basePath = base
        if let rewriteTarget {
            guard let target = Self.normal(rewriteTarget) else { return nil }
            // A final slash is remembered: it is kept when nothing remains behind the prefix.
            prefix = .replace(rewriteTarget.hasSuffix("/") ? target + [0x2F] : target)
        } else {
            prefix = stripPrefix ? .strip : .keep
        }
    }

    private static func normal(_ text: String) -> [UInt8]? {
        let bytes = Array(text.utf8)
        guard bytes.first == 0x2F, !bytes.contains(0x3F), !bytes.contains(0x23) else { return nil }
        var normal: [UInt8] = []
        do throws(HTTPRefusal) {
            try NormalisedPath.append(bytes.span, 0..<bytes.count, to: &normal)
        } catch { return nil }
        while normal.last == 0x2F { normal.removeLast() }
        return normal
    }

    /// Bytes by which the upstream's path may be longer than the request's.
    var maxAddedBytes: Int {
        if case .replace(let target) = prefix { basePath.count + target.count + 1 } else { basePath.count + 1 }
    }

    /// Writes the upstream's path for the request path at `path`, of which the route's prefix ends at `remainder`, and
    /// the query. The result always begins with `/`.
    func write(
        _ bytes: Span<UInt8>, path: Range<Int>, remainder: Int, query: Range<Int>, to out: inout OutputSpan<UInt8>
    ) {
        out.write(basePath)
        switch prefix {
        case .keep:
            // The query directly follows the path.
            out.write(bytes, path.lowerBound..<query.upperBound)
            return
        case .strip:
            out.write(0x2F)
        case .replace(let target):
            let hasRemainder = remainder < path.upperBound
            let slash = target.last == 0x2F
            out.write(target, 0..<(slash ? target.count - 1 : target.count))
            if hasRemainder || slash || (target.isEmpty && basePath.isEmpty) { out.write(0x2F) }
        }
        out.write(bytes, PathPrefix.skipSeparators(bytes, remainder, path.upperBound)..<query.upperBound)
    }
}
