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
    private var latest: (site: UniqueNumber, entry: Entry)?

    init(valid: Int64) {
        self.valid = valid
    }

    /// The same as `fresh`, of the site that was asked for last.
    @inline(__always)
    func latestIfFresh(of site: StaticSite, now: Int64) -> Directory? {
        guard let latest, latest.site == site.number, isFresh(latest.entry, now) else { return nil }
        return latest.entry.directory
    }

    /// The directory that the site's path named less than `valid` seconds ago. `now`: seconds since 1970.
    mutating func fresh(of site: StaticSite, now: Int64) -> Directory? {
        guard let known = entries[site.number], isFresh(known, now) else { return nil }
        latest = (site.number, known)
        return known.directory
    }

    /// The directory that the path named when somebody looked last.
    func last(of site: StaticSite) -> Directory? { entries[site.number]?.directory }

    /// The path names this directory now.
    /// - Returns: the number of the one that it named before, if that is another.
    mutating func take(_ found: Directory, of site: StaticSite, now: Int64) -> UniqueNumber? {
        let before = entries[site.number]?.directory
        entries[site.number] = Entry(directory: found, checked: now)
        latest = nil
        return before === found ? nil : before?.number
    }

    /// The path names none: it is looked for again whenever somebody asks.
    mutating func lose(_ site: StaticSite) {
        entries[site.number]?.checked = .max
        latest = nil
    }

    // A clock that was set back makes everything stale.
    private func isFresh(_ entry: Entry, _ now: Int64) -> Bool { now >= entry.checked && now < entry.checked + valid }

    /// Closes those that were looked at before `limit`, in seconds since 1970.
    mutating func close(lookedAtBefore limit: Int64) {
        latest = nil
        entries = entries.filter { $0.value.checked >= limit && $0.value.checked != .max }
    }
}
