import EventLoop
import Logging
import TestSupport
import Testing

@testable import ACME
@testable import Gateway

@Suite("A name on demand whose authority does not answer")
struct FailedDemandTests {
    /// Nobody listens at the authority's port.
    private func toml(_ directory: TemporaryDirectory, _ authority: FreePort) -> String {
        """
        [logging]
        access_log = "none"
        [server]
        state_dir = "\(directory.path)"
        [[sites]]
        hostname = "own.test"
        listen = "127.0.0.1"
        port = 80
        [[sites.routes]]
        path = "/"
        respond = { body = "here" }
        [sites.ssl]
        auto_cert = true
        [sites.ssl.acme]
        directory = "https://127.0.0.1:\(authority)/"
        [sites.ssl.on_demand]
        names = ["*.test"]
        """
    }

    @Test("is tried for no client any more, and has its next try for one when that is due")
    func forgotten() async throws {
        let (directory, authority) = try (TemporaryDirectory(), FreePort())
        let plan = try Plans.plan(toml(directory, authority))
        let demand = try #require(plan.demands.first)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await serving(plan) { gateway, _ in
            let loop = try EventLoop()
            try loop.start(name: "acme")
            let renewer = Renewer(stateDirectory: directory.path, deployment: gateway, loop: loop, log: log)
            let running = Task(executorPreference: loop) { await renewer.run() }
            await renewer.want([], and: [demand.key])
            await demand.use(renewer, log: log)
            #expect(await demand.obtain("a.test") == false)
            #expect(await renewer.certificates.isEmpty)
            // The authority is not asked again so soon, but what was found out is not forgotten.
            #expect(await demand.obtain("a.test") == false)
            guard case .status(let kept)? = try? CertificateStore(StateDirectory(directory.path)).status(of: "a.test") else {
                Issue.record("no state is kept")
                return
            }
            #expect(kept.failures == 1 && kept.nextTry > kept.lastTry ?? .max)
            await renewer.stop()
            await running.value
            loop.stop()
        }
    }
}
