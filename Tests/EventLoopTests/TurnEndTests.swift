import Glibc
import LoopTesting
import Testing

@testable import EventLoop

/// Notes when it is told, and wakes who waits for that.
private final class Ending: TurnEndHandler {
    let loop: EventLoop
    let waiter: Waiter
    private(set) var told: [UInt64] = []

    init(_ loop: EventLoop) {
        self.loop = loop
        waiter = Waiter(loop: loop)
    }

    func turnEnded() {
        told.append(loop.now)
        waiter.notify()
    }
}

@Suite struct TurnEndTests {
    @Test func `who asks is told once, at the end of the turn`() async throws {
        try await onLoop { actor in
            let ending = Ending(actor.loop)
            actor.loop.atTurnEnd(ending)
            #expect(ending.told.isEmpty)
            #expect(await ending.waiter.wait(timeout: nil) == .notified)
            for _ in 0..<3 { await actor.loop.yield() }
            #expect(ending.told.count == 1)
        }
    }

    @Test(arguments: [0, 1, 200_000, 1_000_000])
    func `a time shorter than a deadline's is awaited, by a loop that has nothing else to do`(time: UInt64) async throws {
        try await onLoop { actor in
            let (early, late) = (Ending(actor.loop), Ending(actor.loop))
            let now = actor.loop.now
            actor.loop.atTurnEnd(late, from: now + 2 * time)
            actor.loop.atTurnEnd(early, from: now + time)
            #expect(await early.waiter.wait(timeout: nil) == .notified)
            #expect(early.told.allSatisfy { $0 >= now + time })
            #expect(await late.waiter.wait(timeout: nil) == .notified)
            #expect(late.told.allSatisfy { $0 >= now + 2 * time })
            #expect(early.told.count == 1 && late.told.count == 1)
        }
    }
    @Test(arguments: [1, 50_000, 400_000])
    func `while a loop pauses it looks at nothing, though something is ready`(time: UInt64) async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            socket.interest = .read
            push([1], to: theirs)
            let end = actor.loop.now + time
            actor.loop.pause(until: end)
            actor.loop.pause(until: end - 1)
            #expect(await waiter.wait(timeout: nil) == .ready)
            #expect(actor.loop.now >= end)
            socket.close()
            close(theirs)
        }
    }

    @Test func `a loop that has something left to do does not pause, nor later`() async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            // With an hour's pause this test would not end.
            actor.loop.pause(until: actor.loop.now + 3_600_000_000_000)
            await actor.loop.yield()
            socket.interest = .read
            push([1], to: theirs)
            #expect(await waiter.wait(timeout: nil) == .ready)
            socket.close()
            close(theirs)
        }
    }
}
