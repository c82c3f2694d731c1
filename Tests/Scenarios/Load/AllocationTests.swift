import Foundation
import TestSupport
import Testing

/// How often the program allocates for a request. What grows with a request's fields would be paid by every request of an
/// attacker's choosing.
///
/// It says something of an optimised program alone: others have a box for each closure. `scripts/test` builds one and names it.
@Suite("Allocations", .serialized, .enabled(if: Place.isOptimised))
struct AllocationTests {
    /// OpenSSL makes two buffers and the contexts of two records for each request (`SSL_MODE_RELEASE_BUFFERS`): 6 in all. The
    /// gateway itself makes none.
    private static let mostPerRequest = 8.0

    @Test(
        "a proxied request costs a bounded number of allocations, however many fields it has",
        arguments: ["1.1", "2"], ["http", "h2c"])
    func perRequest(version: String, scheme: String) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        let library = directory.path + "/count.so"
        let built = try await Command.run("clang", ["-O2", "-shared", "-fPIC", "-o", library, Place.peer("count_allocations.c")])
        #expect(built.exit == .code(0), "\(built)")
        let tally = try directory.write("tally", [UInt8](repeating: 0, count: 8))
        let (port, plain) = try (FreePort(), FreePort())
        let nginx = try await Nginx(
            """
            server {
                listen 127.0.0.1:\(plain) reuseport\(scheme == "h2c" ? " http2" : "");
                keepalive_requests 1000000;
                location / { return 200 small; }
            }
            """, in: directory)
        let toml = Sites.proxy(
            port, to: "\(scheme)://127.0.0.1:\(plain)", ssl: certificates.ssl(),
            top: "[logging]\nlevel = \"debug\"\nlog_requests = false")
        let environment = ["LD_PRELOAD": library, "COUNT_ALLOCATIONS": tally]
        try await Gatehouse.serving(toml, environment: environment) { _ in
            func allocations(_ count: Int, fields: Int) async throws -> Double {
                let before = try Self.read(tally)
                let outcome = try await Command.run(
                    Place.pythonWithLibraries,
                    [Place.peer("repeat_request.py"), version, "\(port)", certificates.authority, "\(count)", "\(fields)"])
                #expect(outcome.text == "\(count)\n", "\(outcome)")
                return Double(try Self.read(tally) - before)
            }
            // The first requests fill what is reused; a connection's own allocations are in both and cancel out.
            _ = try await allocations(100, fields: 60)
            let few = try await (allocations(5100, fields: 2) - allocations(100, fields: 2)) / 5000
            let many = try await (allocations(5100, fields: 60) - allocations(100, fields: 60)) / 5000
            #expect(few < Self.mostPerRequest && many < Self.mostPerRequest, "\(few) with 2 fields, \(many) with 60")
        }
        _ = nginx
    }

    private static func read(_ tally: String) throws -> UInt64 {
        try Data(contentsOf: URL(filePath: tally)).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
