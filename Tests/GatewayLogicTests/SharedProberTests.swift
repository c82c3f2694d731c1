import Buffers
import EventLoop
import LoopTesting
import TestSupport
import Testing

@testable import Upstreams

@Suite("A prober of a fleet")
struct SharedProberTests {
    @Test("another member's word is confirmed by a probe of one's own: who finds otherwise stays with it and probes on")
    func confirmed() async throws {
        let isHealthy = Guarded(true)
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 \(isHealthy.withLock { $0 } ? 200 : 503) x\r\nContent-Length: 0\r\n\r\n"
        }
        try await onLoop { actor in
            let loop = actor.loop
            let identity = UpstreamServer.Identity(isTLS: false, host: "127.0.0.1", port: upstream.port, basePath: "")
            let server = UpstreamServer(identity, url: "http://127.0.0.1", authority: "a.test", tls: nil)
            var settings = Prober.Settings()
            settings.interval = 20_000_000
            let set = ProbeSet([ProbeSet.Key(server, of: "site app", settings)])
            let probes = SharedProbes()
            probes.adopt(set) { _ in }
            // Of several the one that does not probe it itself.
            let names = ["a", "b"]
            let other = names[set.owners(among: names)[0]]
            let own = other == "a" ? "b" : "a"
            func say(_ unhealthy: [Int: String]) {
                let words = names.map { ($0, SharedProbes.Word(digest: set.digest, unhealthy: $0 == other ? unhealthy : [:])) }
                probes.use(Dictionary(uniqueKeysWithValues: words), as: own, until: loop.now + 600_000_000_000)
            }
            say([0: "refused"])
            let prober = try Prober(
                server, settings: settings, share: Prober.Share(probes, set, index: 0), loop: loop,
                buffers: BufferPool(smallCapacity: 16_384), names: NameCache(loop: loop))
            let task = Task {
                _ = actor
                await prober.run()
            }
            _ = try await upstream.requests.first(4)
            #expect(server.state.isHealthyByProbes)

            isHealthy.withLock { $0 = false }
            while server.state.isHealthyByProbes { await loop.yield() }
            #expect(server.state.health.probes.last?.finding.hasSuffix("as \(other) says: refused") == true)

            // Two successes in a row are its own affair; one confirms another's.
            isHealthy.withLock { $0 = true }
            let count = upstream.requests.all.count
            say([:])
            prober.lookAgain()
            while !server.state.isHealthyByProbes { await loop.yield() }
            #expect(upstream.requests.all.count == count + 1)
            prober.stop()
            await task.value
        }
    }
}
