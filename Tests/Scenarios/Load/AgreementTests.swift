import Foundation
import TestSupport
import Testing

/// Metrics, logs and spans say of every request what its client and its upstream have seen.
@Suite("Agreement of metrics, logs and spans", .serialized)
struct AgreementTests {
    @Test("they agree to the request, over HTTP/1.1, HTTP/2 and WebSockets, with upstreams that fail and clients that leave")
    func counts() async throws {
        let (directory, certificates) = (try TemporaryDirectory(), try await Certificates.ready())
        let (plain, secure) = (try FreePort(), try FreePort())
        let outcome = try await Command.run(
            Place.pythonWithLibraries,
            [
                Place.peer("agreement.py"), Place.gatehouse, directory.path, "2000", certificates.local.certificate,
                certificates.local.key, certificates.authority, "\(plain)", "\(secure)",
            ], within: Place.longPatience)
        #expect(outcome.exit == .code(0), "\(outcome.text)\n\(outcome.errors)")
        #expect(outcome.text.contains("2000 requests, 0 differences"), "\(outcome.text)")
    }
}
