import EventLoop
import LoopTesting
import Synchronization
import TestSupport
import Testing

@Suite("Threads for files", .timeLimit(.minutes(5)))
struct FileThreadsTests {
    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    private static let one = FileThreads.Limits(threads: 1, waiting: 1, timeout: .max)

    /// Keeps the thread busy until `gate` is told.
    private func occupy(_ threads: FileThreads, _ gate: Signal) async throws {
        let begun = Signal()
        #expect(
            threads.send(Self.one) {
                begun.fire()
                gate.wait()
            })
        try await onThread { begun.wait() }
    }

    @Test("do what could block, and whoever waits goes on at its own loop")
    func work() async throws {
        let threads = FileThreads(name: "test")
        let values = try await onLoop { actor in
            var values: [Int] = []
            for value in 0..<100 {
                values.append(try await threads.run(Self.one) { value * 2 })
                actor.loop.checkIsolated()
            }
            return values
        }
        #expect(values == (0..<100).map { $0 * 2 })
    }

    @Test("take no more than may wait")
    func busy() async throws {
        let (threads, gate, done) = (FileThreads(name: "test"), Signal(), Signal())
        try await occupy(threads, gate)
        #expect(threads.send(Self.one) { done.fire() })
        #expect(!threads.send(Self.one) {})
        await #expect(throws: FileThreads.Refusal.busy) { try await threads.run(Self.one) {} }
        gate.fire()
        try await onThread { done.wait() }
        #expect(try await threads.run(Self.one) { 1 } == 1)
    }

    @Test("are waited for as long as is allowed, or until nobody waits any more", arguments: [false, true])
    func stalled(isAbandoned: Bool) async throws {
        let (threads, gate) = (FileThreads(name: "test"), Signal())
        try await occupy(threads, gate)
        let (isOver, isRun) = (Flag(), Flag())
        let waiting = Task {
            await #expect(throws: FileThreads.Refusal.stalled) {
                try await threads.run(FileThreads.Limits(threads: 1, waiting: 1, timeout: 1)) { isRun.set() }
            }
            isOver.set()
        }
        while !isOver.isSet {
            if isAbandoned { threads.abandon() } else { threads.expire(now: monotonicNanoseconds()) }
            await Task.yield()
        }
        await waiting.value
        gate.fire()
        // What nobody waits for any more is not begun.
        #expect(try await threads.run(Self.one) { 1 } == 1)
        #expect(!isRun.isSet)
    }
}
