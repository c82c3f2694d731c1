/// What a request wants of a file.
package enum StaticMethod: Equatable, Sendable {
    case get
    case head
    /// Anything else: 405.
    case other
}

/// One request for a file, as the steps that answer it see it.
struct StaticRequest {
    let path: RequestPath
    let method: StaticMethod
    let conditions: StaticConditions
    /// Seconds since 1970.
    let now: Int64
    let cache: StaticCache?
    /// The site's, as it is now.
    let root: Directory

    /// What the cache knows of the path, if that is certain without asking the file system for anything that it may have to wait
    /// for.
    var known: (file: ServedFile, chosen: Representation)? {
        guard let file = cache?.file(at: path, in: root, now: now) else { return nil }
        let chosen = file.choose(for: self)
        if let open = chosen.file {
            guard open.isOnMachine else { return nil }
            // What is read from an open file must still be as long as was found: who writes to it in place may cut it first.
            guard open.isUnchanged else {
                cache?.forget(path, in: root)
                return nil
            }
        }
        return (file, chosen)
    }

    /// RFC 9110 §14.2: Range is for GET alone. A range is of the plain file's bytes, which have a known length.
    func range(of file: ServedFile) -> ByteRange {
        guard method == .get, let range = conditions.range else { return .whole }
        return ByteRange.parse(range, size: file.plain.facts.size)
    }
}
