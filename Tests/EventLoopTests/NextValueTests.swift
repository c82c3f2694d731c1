import EventLoop
import LoopTesting
import Testing

@Suite("The next value", .timeLimit(.minutes(5)))
struct NextValueTests {
    /// Its tasks have a preferred executor, as those of services: they go through the loop's queue between any two steps.
    private actor Feed {
        let loop: EventLoop
        private let values = NextValue<Int>()
        private var newest = 0
        private(set) var taken = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            // The actor holds its loop.
            unsafe loop.asUnownedSerialExecutor()
        }

        init(_ loop: EventLoop) { self.loop = loop }

        func follow() async {
            var last = 0
            while let value = await next(after: last) {
                taken += 1
                last = value
            }
        }

        private func next(after last: Int) async -> Int? { await values.wait { newest > last ? newest : nil } }

        /// Gives values, and ends so many turns of the loop after the last one.
        func give(_ count: Int, toEach tasks: Int, andEndAfter turns: Int) async {
            for value in 1...count {
                newest = value
                while values.give(value, toAtMost: 7) { await loop.yield() }
                while taken < value * tasks { await loop.yield() }
            }
            newest += 1
            _ = values.give(newest, toAtMost: 7)
            for _ in 0..<turns { await loop.yield() }
            values.end()
        }
    }

    @Test("is given to all who wait; who is on the way to it when it ends does not wait either", arguments: 0..<8)
    func ends(turns: Int) async throws {
        let loop = try EventLoop()
        try loop.start(name: "test")
        defer { loop.stop() }
        let feed = Feed(loop)
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask(executorPreference: loop) { await feed.follow() } }
            group.addTask(executorPreference: loop) { await feed.give(3, toEach: 20, andEndAfter: turns) }
        }
        #expect(await feed.taken >= 3 * 20)
    }

    @Test("what is there already is not waited for, and after the end there is none")
    func present() async throws {
        try await onLoop { _ in
            let values = NextValue<Int>()
            #expect(await values.wait { 7 } == 7)
            values.end()
            #expect(await values.wait { 7 } == nil)
            #expect(await values.wait { nil } == nil)
        }
    }
}
