/// The directories of the sites of one worker, opened. A path may name another directory than it did (a link to the present
/// release that is changed, a tree that is built anew), so each is opened again when it is older than `valid`.
struct DirectoryCache {
    private struct Entry {
        let directory: Directory
        var checked: Int64
    }

    /// Seconds.
    let valid: Int64
    private var entries: [UniqueNumber: Entry] = [:]
    /// The entry that was asked for last, which nearly always is the next as well.
    private var last: (site: UniqueNumber, entry: Entry)?

    init(valid: Int64) {
        self.valid = valid
    }

    /// The directory that the site's path names now, or named less than `valid` seconds ago.
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - replaced: called with the number of a directory that the path names no more.
    /// - Throws: as `Directory.init(current:)`. A directory that is not there is looked for again by the next call.
    mutating func directory(
        of site: StaticSite, now: Int64, replaced: (UniqueNumber) -> Void
    ) throws(StaticError) -> Directory {
        if let last, last.site == site.number, isFresh(last.entry, now) { return last.entry.directory }
        let found = try open(site, now, replaced)
        last = entries[site.number].map { (site.number, $0) }
        return found
    }

    // A clock that was set back makes everything stale.
    private func isFresh(_ entry: Entry, _ now: Int64) -> Bool { now >= entry.checked && now < entry.checked + valid }

    private mutating func open(
        _ site: StaticSite, _ now: Int64, _ replaced: (UniqueNumber) -> Void
    ) throws(StaticError) -> Directory {
        let known = entries[site.number]
        if let known, isFresh(known, now) { return known.directory }
        let found: Directory
        do throws(StaticError) {
            found = try Directory(current: site.path)
        } catch {
            // That there is no descriptor left says nothing of the directory.
            if case .tooManyFiles = error, let known { return known.directory }
            entries[site.number]?.checked = .max
            throw error
        }
        guard let known else {
            entries[site.number] = Entry(directory: found, checked: now)
            return found
        }
        if known.directory.isSame(as: found) {
            entries[site.number]?.checked = now
            return known.directory
        }
        entries[site.number] = Entry(directory: found, checked: now)
        replaced(known.directory.number)
        return found
    }

    /// Closes those that were looked at before `limit`, in seconds since 1970.
    mutating func close(lookedAtBefore limit: Int64) {
        last = nil
        entries = entries.filter { $0.value.checked >= limit && $0.value.checked != .max }
    }
}
