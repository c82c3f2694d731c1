import TestSupport

/// Runs a conversation over a plain connection to a site that proxies everything to `upstream`.
func talk(_ upstream: Upstream, _ body: @escaping @Sendable (Wire) throws -> Void) async throws {
    let port = try FreePort()
    try await Gatehouse.serving(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")) { _ in
        try await onThread { try body(Wire(to: port.number)) }
    }
}
