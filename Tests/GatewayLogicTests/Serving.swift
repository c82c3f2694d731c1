import Configuration
import Logging
import Testing
import Transport

@testable import Gateway

/// Serves a plan while `body` runs; then everything has ended, or the test fails.
func serving(_ plan: Plan, _ body: (Gateway, UInt16) async throws -> Void) async throws {
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var logging = Configuration::Logging()
    (logging.accessLog, logging.errorLog) = (.none, .none)
    let gateway = try await Gateway(plan, logs: Logs(logging, workers: 1), log: log)
    let port = try #require(gateway.addresses.first?.port)
    async let running: Void = gateway.run()
    let result: Result<Void, any Error>
    do { result = .success(try await body(gateway, port)) } catch { result = .failure(error) }
    await gateway.drain()
    await running
    try result.get()
}
