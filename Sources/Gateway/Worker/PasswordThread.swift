import EventLoop
import Protection
import Synchronization

/// Checks passwords on threads of their own: one check takes as long as thousands of requests, by design. There is one for the
/// process; its threads start with the first password.
final class PasswordThread: Sendable {
    private struct Job {
        let check: PasswordCheck
        let answer: CheckedContinuation<Bool?, Never>
    }

    private struct State {
        var jobs = FairQueue<Job>(limit: PasswordThread.maxJobs)
        var threads: [Wakeup] = []
        var isClosed = false
    }

    /// Its threads hold this and not the object, which can end so.
    private final class Queue: Sendable {
        let state = Mutex(State())

        func work(_ wakeup: Wakeup) {
            while true {
                let (job, isClosed) = state.withLock { state in
                    (state.jobs.next(), state.isClosed)
                }
                if let job {
                    job.answer.resume(returning: Secrets.isPassword(job.check.password, of: job.check.hash))
                } else if isClosed {
                    return
                } else {
                    wakeup.wait(milliseconds: nil)
                }
            }
        }
    }

    private let queue = Queue()
    /// A secret of this process: what is made with it says nothing to anybody else.
    let key: [UInt8]
    private let threadCount: Int

    /// Passwords that wait. More than a handful wait only when somebody guesses, who then has to leave room for the others.
    private static let maxJobs = 64

    /// - Parameter cores: that this process has; half of them may be busy with passwords, at most four.
    init(cores: Int) {
        // The system's generator is getrandom(2).
        key = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        threadCount = max(1, min(4, cores / 2))
    }

    deinit {
        let threads = queue.state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for thread in threads { thread.ring() }
    }

    /// Is it the password that was hashed?
    /// - Returns: nil if too many wait, or no thread can be had.
    nonisolated(nonsending) func carryOut(_ check: PasswordCheck) async -> Bool? {
        guard startThreads() else { return nil }
        return await withCheckedContinuation { (answer: CheckedContinuation<Bool?, Never>) in
            let job = Job(check: check, answer: answer)
            let (refused, threads) = queue.state.withLock { state in
                (state.jobs.add(job, of: check.network), state.threads)
            }
            refused?.answer.resume(returning: nil)
            for thread in threads { thread.ring() }
        }
    }

    /// - Returns: is there one?
    private func startThreads() -> Bool {
        queue.state.withLock { state in
            while state.threads.count < threadCount, let wakeup = try? Wakeup() {
                guard (try? NamedThread.start(name: "passwords", { [queue] in queue.work(wakeup) })) != nil else { break }
                state.threads.append(wakeup)
            }
            return !state.threads.isEmpty
        }
    }
}
