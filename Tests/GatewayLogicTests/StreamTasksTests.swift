import EventLoop
import LoopTesting
import Testing

@testable import Gateway

@Suite("Tasks for exchanges that share a connection")
struct StreamTasksTests {
    private final class Exchange: StreamExchange {
        var session: (any ClientSession)? { nil }
        let waits: Bool
        private(set) var hasBegun = false
        /// How the exchange's own wait ended.
        private(set) var wake: Waiter.Wake?

        init(waits: Bool) { self.waits = waits }

        nonisolated(nonsending) func serve(_ waiter: Waiter) async {
            hasBegun = true
            if waits { wake = await waiter.wait(timeout: 1) }
        }
    }

    @Test("one that begins when a task has rested for its time, and has not gone yet, is carried out all the same")
    func atTheEndOfARest() async throws {
        try await onLoop { actor in
            let loop = actor.loop
            var started = 0
            let tasks = StreamTasks(loop: loop, maxIdleTime: 1) { started += 1 }
            let (first, second) = (Exchange(waits: false), Exchange(waits: true))
            tasks.begin(first)
            // Of the deadlines of one tick the wheel visits those that were set last first: the task's, and then this one.
            let alarm = Waiter(loop: loop)
            var hasRung = false
            alarm.sleep(timeout: 1) { _ in
                tasks.begin(second)
                hasRung = true
            }
            let task = Task {
                _ = actor
                await tasks.run()
            }
            while !hasRung { await loop.yield() }
            for _ in 0..<10 { await loop.yield() }
            #expect(first.hasBegun && second.hasBegun && started == 1)
            // What the task was told too late for its rest is not for the exchange.
            while second.hasBegun, second.wake == nil { await loop.yield() }
            #expect(second.wake == .deadline)
            tasks.end()
            await task.value
        }
    }
}
