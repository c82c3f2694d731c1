import Glibc
import LoopTesting
import Testing

@testable import EventLoop

@Suite struct SocketTests {
    @Test func `bytes make a socket readable and wake who is interested`() async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            #expect(!socket.isReadable)
            socket.interest = .read
            push([1], to: theirs)
            #expect(await waiter.wait(timeout: nil) == .ready)
            #expect(socket.isReadable && !socket.hasHungUp)
            socket.close()
            close(theirs)
        }
    }

    @Test func `an event that meets no interest is kept in the flags and wakes nobody`() async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            let (second, theirSecond) = connectedPair()
            let other = try Socket(adopting: second, on: actor.loop)
            other.waiter = waiter
            other.interest = .read
            push([1], to: theirs)
            while !socket.isReadable { await actor.loop.yield() }
            push([1], to: theirSecond)
            #expect(await waiter.wait(timeout: nil) == .ready)
            #expect(other.isReadable)
            socket.close()
            other.close()
            close(theirs)
            close(theirSecond)
        }
    }

    @Test func `room makes a socket writable again`() async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            await actor.loop.yield()
            push([UInt8](repeating: 0, count: 10_000_000), to: socket.descriptor)
            socket.isWritable = false
            socket.interest = .write
            while let bytes = pull(theirs), !bytes.isEmpty {}
            #expect(await waiter.wait(timeout: nil) == .ready)
            #expect(socket.isWritable)
            socket.close()
            close(theirs)
        }
    }

    @Test(arguments: [true, false])
    func `a peer that ends its side is noticed without reading`(closes: Bool) async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            socket.interest = .hangup
            if closes { close(theirs) } else { _ = shutdown(theirs, Int32(SHUT_WR)) }
            #expect(await waiter.wait(timeout: nil) == .ready)
            #expect(socket.hasHungUp && socket.isReadable)
            #expect(socket.hungUpAt > 0 && socket.hungUpAt <= actor.loop.now)
            // Of a pair of sockets of this machine's the kernel tells whether the other is closed; of TCP it cannot.
            #expect(socket.isBroken == closes)
            socket.close()
            #expect(socket.isBroken)
            if !closes { close(theirs) }
        }
    }

    @Test func `closing ends the wait on the socket, and may be done twice`() async throws {
        try await onLoop { actor in
            let (socket, theirs, waiter) = try watched(on: actor.loop)
            socket.interest = .read
            let other = Task {
                actor.assertIsolated()
                socket.close()
                socket.close()
            }
            #expect(await waiter.wait(timeout: nil) == .ready)
            #expect(socket.hasHungUp)
            #expect(pull(theirs) == nil)
            await other.value
            close(theirs)
        }
    }

    @Test func `a descriptor's next owner gets its own events`() async throws {
        try await onLoop { actor in
            for _ in 0..<50 {
                let (socket, theirs, _) = try watched(on: actor.loop)
                push([1], to: theirs)
                // The event of the first owner is on its way when the descriptor changes hands.
                socket.close()
                close(theirs)
                let (next, nextTheirs, waiter) = try watched(on: actor.loop)
                next.interest = .read
                #expect(await waiter.wait(timeout: 0) == .deadline)
                #expect(!next.isReadable && !next.hasHungUp)
                push([2], to: nextTheirs)
                #expect(await waiter.wait(timeout: nil) == .ready)
                #expect(pull(next.descriptor) == [2])
                next.close()
                close(nextTheirs)
            }
        }
    }

    @Test func `a descriptor that cannot be watched is an error`() async throws {
        try await onLoop { actor in
            // epoll refuses regular files: epoll_ctl(2), EPERM.
            let file = unsafe open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)
            let error = #expect(throws: SystemError.self) { _ = try Socket(adopting: file, on: actor.loop) }
            #expect(error?.call == "epoll_ctl")
        }
    }
}
