import Glibc
import Synchronization

/// Threads for work on files, which may block for as long as a disk or a file server likes: no loop may wait for that.
///
/// They start as they are needed, and stay. One that is stuck in the kernel cannot be helped; who waits for it is told so.
package final class FileThreads: Sendable {
    /// What whoever asks allows.
    package struct Limits: Sendable, Equatable {
        /// Threads, at most.
        package var threads: Int
        /// Pieces of work that wait for one, at most.
        package var waiting: Int
        /// Nanoseconds after which nobody waits any more.
        package var timeout: UInt64

        package init(threads: Int, waiting: Int, timeout: UInt64) {
            self.threads = threads
            self.waiting = waiting
            self.timeout = timeout
        }
    }

    /// Why work was not done, or nobody waits for it any more.
    package enum Refusal: Error, Sendable {
        /// Too much waits already, or no thread can be had.
        case busy
        /// It has not been done in time.
        case stalled
    }

    private let queue: FileQueue

    /// - Parameter name: of the threads, of at most 15 bytes.
    package init(name: String) {
        queue = FileQueue(name: name)
    }

    deinit { queue.close() }

    /// Makes a thread do `work`.
    /// - Returns: what it comes to, on the caller's actor.
    /// - Throws: why it does not. `work` may still be done afterwards, for nobody.
    package nonisolated(nonsending) func run<Value: Sendable>(
        _ limits: Limits, _ work: @escaping @Sendable () -> Value
    ) async throws(Refusal) -> Value {
        let result: Result<Value, Refusal> = await withCheckedContinuation { continuation in
            let isTaken = queue.add(limits, refuse: { continuation.resume(returning: .failure($0)) }) {
                let value = work()
                return { continuation.resume(returning: .success(value)) }
            }
            if !isTaken { continuation.resume(returning: .failure(.busy)) }
        }
        return try result.get()
    }

    /// Makes a thread do `work` for which nobody waits.
    /// - Returns: false if it is not: too much waits already, or no thread can be had.
    package func send(_ limits: Limits, _ work: @escaping @Sendable () -> Void) -> Bool {
        queue.add(limits, refuse: nil) {
            work()
            return {}
        }
    }

    /// Tells those who have waited for too long. To be called now and then.
    /// - Parameter now: monotonic nanoseconds.
    package func expire(now: UInt64) { queue.refuse { $0 <= now } }

    /// Tells all who wait that it takes too long.
    package func abandon() { queue.refuse { _ in true } }

    /// Closes a file of a file system that may take its time for that, too.
    package func close(_ descriptor: Int32) {
        let limits = Limits(threads: 1, waiting: .max, timeout: .max)
        if !send(limits, { Glibc.close(descriptor) }) { Glibc.close(descriptor) }
    }
}

/// What the threads hold: not the object, which can end so.
private final class FileQueue: Sendable {
    /// Returns what tells the one who waits.
    typealias Work = @Sendable () -> @Sendable () -> Void
    typealias Refuse = @Sendable (FileThreads.Refusal) -> Void

    private struct Job {
        let number: UInt64
        let work: Work
    }

    private struct State {
        var jobs: [Job] = []
        /// The jobs that nobody has been answered of yet, by number; those that are being done are among them.
        var waiting: [UInt64: (deadline: UInt64, refuse: Refuse)] = [:]
        var idle: [Wakeup] = []
        var threads = 0
        var number: UInt64 = 0
        var isClosed = false
    }

    private let name: String
    private let state = Mutex(State())

    init(name: String) {
        self.name = name
    }

    /// - Returns: will it be done?
    func add(_ limits: FileThreads.Limits, refuse: Refuse?, _ work: @escaping Work) -> Bool {
        let (deadline, isBeyond) = monotonicNanoseconds().addingReportingOverflow(limits.timeout)
        return state.withLock { state in
            guard state.jobs.count < limits.waiting, prepare(&state, atMost: limits.threads) else { return false }
            state.number += 1
            state.jobs.append(Job(number: state.number, work: work))
            if let refuse { state.waiting[state.number] = (isBeyond ? .max : deadline, refuse) }
            state.idle.popLast()?.ring()
            return true
        }
    }

    /// Starts a thread if all are busy and one more is allowed.
    /// - Returns: is there one?
    private func prepare(_ state: inout State, atMost most: Int) -> Bool {
        guard state.idle.isEmpty, state.threads < most, let wakeup = try? Wakeup(),
            (try? NamedThread.start(name: name, { [self] in work(wakeup) })) != nil
        else { return state.threads > 0 }
        state.threads += 1
        return true
    }

    private func work(_ wakeup: Wakeup) {
        while true {
            let (job, isClosed) = state.withLock { state in
                guard state.jobs.isEmpty else { return (state.jobs.removeFirst(), false) as (Job?, Bool) }
                if !state.isClosed { state.idle.append(wakeup) }
                return (nil, state.isClosed)
            }
            if let job {
                let tell = job.work()
                // Whoever has been told already is gone.
                if state.withLock({ $0.waiting.removeValue(forKey: job.number) }) != nil { tell() }
            } else if isClosed {
                return
            } else {
                wakeup.wait(milliseconds: nil)
            }
        }
    }

    func refuse(_ isMeant: (UInt64) -> Bool) {
        let late = state.withLock { state in
            let late = state.waiting.filter { isMeant($0.value.deadline) }
            for number in late.keys { state.waiting[number] = nil }
            state.jobs.removeAll { late[$0.number] != nil }
            return late
        }
        for waiting in late.values { waiting.refuse(.stalled) }
    }

    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            return exchange(&state.idle, with: [])
        }
        for thread in idle { thread.ring() }
    }
}
