/// Which files have changed lately. With many certificates it spares etcd to look at all of them whenever a member asks what is
/// new: etcd reads all that a question is about, and leaves out what is older afterwards.
struct RecentChanges: Codable, Equatable, Sendable {
    /// How many changes there were.
    var last = 0
    /// The files of the last ones, each change's in its turn.
    var paths: [String] = []

    /// Whoever has missed more reads all files.
    static let maxPaths = 64

    func adding(_ more: [String]) -> RecentChanges {
        RecentChanges(last: last + more.count, paths: (paths + more).suffix(Self.maxPaths))
    }

    /// The changes in a state in which everybody reads all files once.
    var forgetting: RecentChanges { RecentChanges(last: last + Self.maxPaths + 1) }

    /// - Parameter known: the number of the last change that is known; nil: none is.
    /// - Returns: the files that have changed since, each once; nil: that is not known any more.
    func since(_ known: Int?) -> [String]? {
        guard let known, known <= last, last - known <= paths.count else { return nil }
        return Set(paths.suffix(last - known)).sorted()
    }
}
