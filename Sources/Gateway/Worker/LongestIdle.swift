/// Finds the connections that have been idle for the longest time. Nothing is kept up to date for that while there is room: all
/// are looked at once, and the oldest of them remembered, so that a flood of new clients does not cost a look at all for each.
final class LongestIdle {
    private struct Candidate {
        let connection: ObjectIdentifier
        let since: UInt64
    }

    /// The longest idle last.
    private var candidates: [Candidate] = []
    private static let maxCandidates = 64

    /// - Parameters:
    ///   - all: looked at when nothing is remembered.
    ///   - lookUp: the connection, if it is still there.
    /// - Returns: nil if no connection is idle between two requests.
    func next(
        among all: some Sequence<ClientConnection>, lookUp: (ObjectIdentifier) -> ClientConnection?
    ) -> ClientConnection? {
        if let connection = nextRemembered(lookUp) { return connection }
        candidates = all.compactMap { connection in
            connection.idleSince.map { Candidate(connection: ObjectIdentifier(connection), since: $0) }
        }
        candidates.sort { $0.since > $1.since }
        candidates.removeFirst(max(0, candidates.count - Self.maxCandidates))
        return nextRemembered(lookUp)
    }

    private func nextRemembered(_ lookUp: (ObjectIdentifier) -> ClientConnection?) -> ClientConnection? {
        while let candidate = candidates.popLast() {
            // It may have served meanwhile, or be gone and another have its place.
            if let connection = lookUp(candidate.connection), connection.idleSince == candidate.since { return connection }
        }
        return nil
    }
}
