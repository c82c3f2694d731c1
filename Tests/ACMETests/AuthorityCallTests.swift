import Buffers
import EventLoop
import HTTP
import LoopTesting
import Testing

@testable import ACME

@Suite("A call to an authority")
struct AuthorityCallTests {
    @Test("is not begun once the time of its order is over", arguments: [0, 1] as [UInt64])
    func late(ago: UInt64) async throws {
        let url = try #require(ServiceURL("https://127.0.0.1:1/directory"))
        let reason: String = try await onLoop { actor in
            let waiter = Waiter(loop: actor.loop)
            let calls = try AuthorityCalls(waiter, buffers: BufferPool(smallCapacity: 16_384), caFile: nil, wallClock: { 0 })
            defer {
                calls.close()
                waiter.retire()
            }
            calls.deadline = actor.loop.now - ago
            do throws(ACMEError) {
                let reply = try await calls.ask(.get, url)
                return "\(reply.status)"
            } catch {
                return error.description
            }
        }
        #expect(reason == "127.0.0.1: the time for the whole order is over")
    }
}
