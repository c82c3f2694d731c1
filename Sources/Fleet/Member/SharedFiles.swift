import ACME

/// The files that members have in common, as far as they have come here: what is known of etcd's, and which of them are on this
/// disk.
struct SharedFiles {
    /// The revision up to which others' have been taken over; 0: none have.
    private(set) var pulled: Int64 = 0
    /// Which have changed lately, and the revision of that document.
    private(set) var recentChanges = RecentChanges()
    private(set) var seenRevision: Int64 = 0
    /// The number of the last change that was taken over; nil: all are to be read.
    private var takenChange: Int?
    /// By their paths, those that etcd has as they are here.
    private var marks: [String: FileMark] = [:]

    // MARK: Ours

    /// Has etcd to be told of it?
    /// - Parameter content: of the file; nil: it is gone.
    func differs(_ content: [UInt8]?, at path: String) -> Bool {
        let mark = marks[path]
        return mark != FileMark(content) && (content != nil || mark != nil)
    }

    /// Etcd has it as it is here.
    mutating func noteShared(_ content: [UInt8]?, at path: String) { marks[path] = FileMark(content) }

    /// It may have been written that files have changed, or not: the next number must be none that somebody knows.
    mutating func forgetRecentChanges() { recentChanges = recentChanges.forgetting }

    // MARK: Others'

    /// This is known of what has changed lately.
    mutating func note(_ changes: RecentChanges, of revision: Int64) { (recentChanges, seenRevision) = (changes, revision) }

    /// The paths of those that have changed since the last time; nil: all are to be read.
    var changedPaths: [String]? { recentChanges.since(takenChange) }

    /// What others had written is here.
    /// - Parameters:
    ///   - change: the number of the last change among it.
    ///   - revision: that it was read at.
    mutating func noteTaken(_ change: Int, at revision: Int64) { (pulled, takenChange) = (revision, change) }

    /// Writes what another member has written, unless it is here.
    /// - Parameter content: nil: the file is gone.
    /// - Returns: is it another file now?
    mutating func take(_ content: [UInt8]?, at path: String, into directory: StateDirectory) throws(ACMEError) -> Bool {
        let mark = FileMark(content)
        guard marks[path] != mark else { return false }
        let isNew = try directory.read(path) != content
        if let content { if isNew { try directory.write(content, to: path) } } else { try directory.remove(path) }
        marks[path] = mark
        return isNew
    }

    /// All are taken over anew.
    mutating func takeAllAgain() { (pulled, takenChange) = (0, nil) }

    /// All are taken over anew, those too that are here: what was written here meanwhile is not what counts.
    mutating func forgetOurs() {
        takeAllAgain()
        marks = [:]
    }
}
