import Synchronization

/// Which files of a state directory have changed, for who has to tell others.
final class ChangedFiles: Sendable {
    private let paths = Mutex<Set<String>>([])

    /// - Parameter path: in the state directory. What only this process may use is left out.
    func note(_ path: String) {
        guard Self.isShared(path) else { return }
        paths.withLock { _ = $0.insert(path) }
    }

    var isEmpty: Bool { paths.withLock(\.isEmpty) }

    /// What was noted since the last call.
    func take() -> Set<String> {
        paths.withLock { paths in
            defer { paths = [] }
            return paths
        }
    }

    /// Accounts and certificates with what belongs to them, and the internal authority.
    static func isShared(_ path: String) -> Bool {
        ["acme/accounts/", "acme/certificates/", "internal/"].contains { path.hasPrefix($0) }
    }
}
