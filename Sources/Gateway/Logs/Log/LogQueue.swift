import EventLoop
import Synchronization
import Transport

/// What stands between the threads that make log lines and the one that writes them. Its lock is held for a few assignments, and
/// asked for once a batch.
final class LogQueue: Sendable {
    /// What has happened to a log, to be told in the diagnostics log.
    enum Change: Sendable {
        /// There is no room for more lines: the destination does not take them.
        case isFull
        /// There is room again.
        case hasRoom(lost: Int)
        /// The destination refuses lines.
        case fails(TransportError)
        /// The destination is not to be reached: lines wait.
        case unreached(TransportError)
        /// It has been reached again.
        case reached
        /// It takes them again.
        case works(lost: Int)
        case reopened
        case notReopened(SystemError)
        /// Its writer has ended, and nobody takes these lines any more.
        case ended(lost: Int)
    }

    /// What the writer has to do.
    struct Work: ~Copyable {
        var batches: [LogBatch]
        var mustReopen: Bool
        var isClosing: Bool
    }

    private struct State: Sendable {
        var batches: [LogBatch] = []
        /// The bytes of these batches and of those that the writer has taken and not yet written.
        var size = 0
        /// Lines for which there was no room since it was full.
        var dropped = 0
        /// Lines that the destination refused since it fails.
        var lost = 0
        var mustReopen = false
        var isClosing = false
        var hasEnded = false
        var changes: [Change] = []
        /// Since it began, for whatever reason.
        var missing: UInt64 = 0
    }

    private let state = Mutex(State())
    /// There is work.
    let work: Wakeup
    private let ended: Wakeup
    /// The configuration key of the log, for messages.
    let key: String
    /// The file that it is written to, if it is one.
    let path: String?
    /// How many bytes may wait.
    let capacity: Int

    /// - Parameters:
    ///   - key: the configuration key of the log, for messages.
    ///   - path: the file that it is written to, if it is one.
    ///   - capacity: the most memory that waiting lines may hold, in bytes.
    /// - Throws: the failed system call.
    init(key: String, path: String? = nil, capacity: Int) throws(SystemError) {
        self.key = key
        self.path = path
        self.capacity = capacity
        work = try Wakeup()
        ended = try Wakeup()
    }

    // MARK: Any thread

    /// Hands lines over. If there is no room they are dropped and counted; it never waits for the destination.
    func add(_ batch: consuming LogBatch) {
        let batch = batch
        let mustRing = state.withLock { state in
            guard state.size + batch.size <= capacity, state.dropped == 0 else {
                if state.dropped == 0 { state.changes.append(.isFull) }
                state.dropped += batch.lineCount
                state.missing += UInt64(batch.lineCount)
                return false
            }
            state.size += batch.size
            state.batches.append(batch)
            return state.batches.count == 1
        }
        if mustRing { work.ring() }
    }

    func reopen() {
        state.withLock { $0.mustReopen = true }
        work.ring()
    }

    /// The writer ends after what is there now.
    func close() {
        state.withLock { $0.isClosing = true }
        work.ring()
    }

    /// The same, and waits for its end.
    /// - Parameter timeout: milliseconds to wait for the destination; what it has not taken then is lost.
    /// - Returns: how many lines are lost that waited until now, those apart with which a writer is stuck that has not ended, and
    ///   those of which `takeChanges` has told.
    func close(timeout: Int) -> Int {
        close()
        ended.wait(milliseconds: timeout)
        return state.withLock { state in
            defer { state.changes = [] }
            let left = state.changes.reduce(0) { if case .ended(let lost) = $1 { $0 + lost } else { $0 } }
            return state.batches.reduce(left) { $0 + $1.lineCount }
        }
    }

    /// Has the writer ended, and has that been told?
    var isSettled: Bool { state.withLock { $0.hasEnded && $0.changes.isEmpty } }

    /// Lines that were dropped or lost since it began, or left when its writer ended.
    var missing: UInt64 { state.withLock { $0.missing } }

    /// What has happened since the last call.
    func takeChanges() -> [Change] {
        state.withLock { state in
            guard !state.changes.isEmpty else { return [] }
            defer { state.changes = [] }
            return state.changes
        }
    }

    // MARK: The writer's thread

    func take() -> Work {
        state.withLock { state in
            let work = Work(batches: state.batches, mustReopen: state.mustReopen, isClosing: state.isClosing)
            state.batches = []
            state.mustReopen = false
            return work
        }
    }

    /// Says how it went with lines that have been taken.
    /// - Parameters:
    ///   - size: of the batches that the writer still holds.
    ///   - before: the same before it wrote.
    ///   - lost: how many lines are lost.
    ///   - error: why; nil if none is.
    func didWrite(size: Int, before: Int, lost: Int = 0, _ error: TransportError?) {
        state.withLock { state in
            state.size -= before - size
            if let error {
                if state.lost == 0 { state.changes.append(.fails(error)) }
                state.lost += lost
                state.missing += UInt64(lost)
            } else if state.lost > 0 {
                state.changes.append(.works(lost: state.lost))
                state.lost = 0
            }
            // Half of it: a destination that is a little too slow is told of once, not with every batch.
            if state.dropped > 0, state.size <= capacity / 2 {
                state.changes.append(.hasRoom(lost: state.dropped))
                state.dropped = 0
            }
        }
    }

    /// - Parameter left: lines that it has taken and not written.
    func noteEnd(left: Int) {
        state.withLock { state in
            state.hasEnded = true
            state.missing += UInt64(left)
            if left > 0 { state.changes.append(.ended(lost: left)) }
        }
        ended.ring()
    }

    func noteUnreached(_ error: TransportError) {
        state.withLock { $0.changes.append(.unreached(error)) }
    }

    func noteReached() {
        state.withLock { $0.changes.append(.reached) }
    }

    /// - Parameter error: why it could not be done.
    func noteReopened(_ error: SystemError?) {
        state.withLock { $0.changes.append(error.map { .notReopened($0) } ?? .reopened) }
    }
}
