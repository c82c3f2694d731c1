import Protection

/// The passwords that were right, so that a page's fifty requests cost one slow check: of one worker, and of each only a number
/// that says nothing without the process's own key. What a file says of a user is part of the number: who is changed or taken out
/// there is not known any more.
final class PasswordCache {
    private let threads: PasswordThread
    private var known: Set<UInt128> = []
    /// Those that are being checked, and who waits for the same.
    private var pending: [UInt128: [CheckedContinuation<Turn, Never>]] = [:]
    let files = VersionedContentCache<PasswordList>()

    /// Whose turn it is to have a password checked.
    private enum Turn {
        case own
        /// Another's, and that is what came of it.
        case answered(Bool?)
    }

    /// Users of a worker; more are forgotten all at once, and checked again.
    private static let maxKnown = 10_000

    init(_ threads: PasswordThread) {
        self.threads = threads
    }

    /// The number of a user's password and its hash; nil if there is none to be had.
    func number(of credentials: BasicCredentials, hash: String) -> UInt128? {
        Secrets.digest(credentials.user + [0] + credentials.password + [0] + Array(hash.utf8), key: threads.key)
    }

    /// The number of a name, for `PasswordList.hash(of:draw:)`: the same for all workers.
    func draw(for user: [UInt8]) -> UInt64 { UInt64(truncatingIfNeeded: Secrets.digest(user, key: threads.key) ?? 0) }

    func isKnown(_ number: UInt128) -> Bool { known.contains(number) }

    /// Carries out a check; who asks for the same meanwhile waits for the same answer.
    /// - Parameter remember: a right one is known from then on.
    /// - Returns: nil if too many wait for theirs.
    nonisolated(nonsending) func carryOut(_ check: PasswordCheck, remember: Bool) async -> Bool? {
        let number = check.number
        let turn = await withCheckedContinuation { continuation in
            // Looked at here, and not before, as in `NextValue`.
            if pending[number] == nil {
                pending[number] = []
                continuation.resume(returning: Turn.own)
            } else {
                pending[number]?.append(continuation)
            }
        }
        if case .answered(let answer) = turn { return answer }
        let answer = await threads.carryOut(check)
        if answer == true, remember {
            if known.count >= Self.maxKnown { known = [] }
            known.insert(number)
        }
        for waiting in pending.removeValue(forKey: number) ?? [] { waiting.resume(returning: .answered(answer)) }
        return answer
    }
}
