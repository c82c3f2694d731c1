import Glibc
import LoopTesting
import Testing

@testable import EventLoop

@Suite struct WaiterTests {
    @Test func `a wait ends when its deadline passes`() async throws {
        try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let began = actor.loop.now
            #expect(await waiter.wait(timeout: 1_000_000) == .deadline)
            #expect(actor.loop.now >= began + 1_000_000)
            #expect(await waiter.wait(timeout: 0) == .deadline)
        }
    }

    @Test func `what is told before a wait ends it at once, and only once`() async throws {
        try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            waiter.notify()
            waiter.notify()
            #expect(await waiter.wait(timeout: nil) == .notified)
            #expect(await waiter.wait(timeout: 0) == .deadline)
        }
    }

    @Test func `what is told during a wait ends it`() async throws {
        try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let other = Task {
                actor.assertIsolated()
                await actor.loop.yield()
                waiter.notify()
            }
            #expect(await waiter.wait(timeout: nil) == .notified)
            await other.value
            #expect(await waiter.wait(timeout: 0) == .deadline)
        }
    }

    @Test func `a wake without a wait is forgotten: readiness is the socket's to keep`() async throws {
        try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            waiter.wake(.ready)
            #expect(await waiter.wait(timeout: 0) == .deadline)
        }
    }

    @Test func `the deadline of a wait that ended does not end the next`() async throws {
        try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let (ours, theirs) = connectedPair()
            let socket = try Socket(adopting: ours, on: actor.loop)
            socket.waiter = waiter
            socket.interest = .read
            push([1], to: theirs)
            #expect(await waiter.wait(timeout: 60_000_000_000) == .ready)
            let early = waiter.slot
            #expect(early != nil)
            socket.interest = .hangup
            let other = Task {
                actor.assertIsolated()
                // The second wait is on: its deadline is later than the first one's slot says.
                #expect(waiter.slot == early)
                close(theirs)
            }
            #expect(await waiter.wait(timeout: 120_000_000_000) == .ready)
            await other.value
            waiter.retire()
            #expect(waiter.slot == nil)
            socket.close()
        }
    }
}
