import Glibc
import LoopTesting
import Synchronization
import Testing

@testable import EventLoop

@Suite struct ExecutorTests {
    @Test func `what is isolated to the loop's actor runs on the loop's thread, also after it has waited elsewhere`() async throws
    {
        try await onLoop { actor in
            let thread = pthread_self()
            #expect(actor.loop.isIsolatingCurrentContext() == true)
            for _ in 0..<100 {
                let other = await Task.detached { pthread_self() }.value
                #expect(other != thread)
                #expect(pthread_self() == thread)
                await actor.loop.yield()
                #expect(pthread_self() == thread)
            }
        }
    }

    @Test func `no other thread is taken for the loop's`() async throws {
        let loop = try EventLoop()
        try loop.start(name: "test")
        defer { loop.stop() }
        #expect(loop.isIsolatingCurrentContext() == false)
    }

    @Test func `jobs from many threads wake a sleeping loop, and none is lost`() async throws {
        let loop = try EventLoop()
        try loop.start(name: "test")
        defer { loop.stop() }
        let counter = Counter(loop: loop)
        await withDiscardingTaskGroup { group in
            for _ in 0..<1000 { group.addTask { await counter.add() } }
        }
        #expect(await counter.value == 1000)
    }

    @Test func `busy tasks that yield take turns`() async throws {
        let loop = try EventLoop()
        try loop.start(name: "test")
        defer { loop.stop() }
        let counter = Counter(loop: loop)
        await withTaskExecutorPreference(loop) {
            await withDiscardingTaskGroup { group in
                for name in 0..<3 { group.addTask { await counter.takeTurns(name, 100) } }
            }
        }
        let turns = await counter.turns
        #expect(turns.count == 300)
        // From the first turn of the last one to start until the first one is done, everybody comes once in every three turns.
        let all = (0..<3).map { name in turns.indices.filter { turns[$0] == name } }
        let begin = all.map { $0[0] }.max()!
        let end = all.map { $0[99] }.min()!
        for index in begin..<max(begin, end - 3) { #expect(Set(turns[index..<index + 3]).count == 3) }
        #expect(end - begin > 200)
    }

    @Test func `a task that only yields does not keep the loop from its sockets`() async throws {
        try await onLoop { actor in
            let (ours, theirs) = connectedPair()
            let socket = try Socket(adopting: ours, on: actor.loop)
            push([1], to: theirs)
            while !socket.isReadable { await actor.loop.yield() }
            socket.close()
            close(theirs)
        }
    }
}

private actor Counter {
    nonisolated let loop: EventLoop
    var value = 0
    var turns: [Int] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) {
        self.loop = loop
    }

    func add() { value += 1 }

    func takeTurns(_ name: Int, _ count: Int) async {
        for _ in 0..<count {
            turns.append(name)
            await loop.yield()
        }
    }
}
