import Foundation
import Testing

@testable import Configuration

/// What sites and routes say of requests.
@Suite("Limits of sites and routes, as written")
struct RequestSettingsTests {
    @Test("every key is read as written")
    func everyKey() throws {
        let fixture = try Fixture(url: Fixture.folder.appending(path: "every-key.toml"))
        let configuration = try #require(fixture.read(mode: .lenient).configuration)
        let limits = configuration.limits
        #expect((limits.bufferMemory, limits.bufferDisk, limits.bufferDir) == (8 << 10, 2 << 20, "/var/spool"))
        let site = configuration.sites[0]
        #expect(site.requests.maxRequestSize == 3 << 20 && site.requests.bufferRequests == true)
        let route = try #require(site.proxy?.routes.first).requests
        #expect(route.maxRequestSize == 5000 && route.bufferRequests == false)
        #expect(route.timeout.read == .seconds(1) && route.timeout.streamIdle == .seconds(2))
        #expect(route.timeout.write == .seconds(3) && route.timeout.firstByte == .seconds(4))
        #expect(route.retry.retries == 5 && route.retry.conditions == [.status504] && route.retry.replayLimit == 1024)
    }
}
