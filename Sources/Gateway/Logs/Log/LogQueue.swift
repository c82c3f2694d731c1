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
        /// Lines that the writer still held when it ended.
        var left = 0
        var changes: [Change] = []
        /// Since it began, for whatever reason.
        var missing: UInt64 = 0
    }

    private let state = Mutex(State())
    /// There is work.
    let work: Wakeup
    /// How many bytes may wait.
    let capacity: Int

    /// - Parameter capacity: the most memory that waiting lines may hold, in bytes.
    /// - Throws: the failed system call.
    init(capacity: Int) throws(SystemError) {
        self.capacity = capacity
        work = try Wakeup()
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

    /// Lines that were dropped or lost since it began.
    var missing: UInt64 { state.withLock { $0.missing } }

    /// Lines that nobody takes any more, once it has been closed; those apart with which a writer is stuck that has not ended.
    var left: Int {
        state.withLock { state in state.batches.reduce(state.left) { $0 + $1.lineCount } }
    }

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
    ///   - lines: how many it wrote, or lost.
    ///   - lost: how many of them are lost.
    ///   - error: why; nil if none is.
    func didWrite(size: Int, before: Int, lines: Int, lost: Int = 0, _ error: TransportError?) {
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
        state.withLock { $0.left = left }
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
