import COpenSSL
import EventLoop
import LoopTesting
import Testing

@testable import TLS
@testable import Transport

/// Which sessions of TLS 1.2 are resumed. In TLS 1.3 name and suite are agreed on anew each time.
@Suite struct ResumptionTests {
    private static func site(_ certificate: String, suites: [String]? = nil) throws -> TLSServerContext {
        let files = try Certificates.files(certificate)
        var policy = TLSPolicy()
        policy.suites = suites
        return try TLSServerContext(certificateFile: files.certificate, keyFile: files.key, policy)
    }

    private static func client() throws -> TLSClientContext {
        let context = try TLSClientContext(TLSClientContext.Settings(serverName: "localhost", verifies: false))
        _ = unsafe SSL_CTX_ctrl(context.context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        return context
    }

    /// Shakes hands, with the newest session that the context has.
    /// - Returns: whether it was resumed, the suite, and the name that the server goes by.
    private nonisolated(nonsending) func agree(
        on name: String, with names: TLSServerNames, by context: TLSClientContext, _ loop: EventLoop
    ) async throws -> (isResumed: Bool, suite: String, name: String?) {
        let connection = try await Connection.open(on: loop, server: names, client: context)
        defer { connection.close() }
        let client = try #require(connection.client.tls)
        if let ssl = unsafe client.ssl { _ = unsafe gh_set_server_name(ssl, name) }
        let failures = await connection.performHandshake()
        #expect(failures.client == nil && failures.server == nil)
        #expect(client.version == "TLSv1.2")
        return (client.isResumed, client.cipher, connection.server.tls?.serverName)
    }

    /// RFC 6066 §3. Clients that keep sessions by address come so, such as a proxy that asks one server for many hosts.
    @Test func `a session is resumed for the name that it was made for alone`() async throws {
        try await onLoop { actor in
            let names = TLSServerNames(
                ["localhost": try Self.site("localhost"), "rsa.test": try Self.site("rsa.test")],
                fallback: try Self.site("chain.test"))
            let context = try Self.client()
            for (name, isResumed) in [
                ("localhost", false), ("LocalHost", true), ("rsa.test", false), ("rsa.test", true), ("localhost", false),
            ] {
                let agreed = try await agree(on: name, with: names, by: context, actor.loop)
                #expect(agreed.isResumed == isResumed && agreed.name == name.lowercased(), "\(name): \(agreed)")
            }
            // No site has this one: it is the default site's.
            for isResumed in [false, true] {
                #expect(try await agree(on: "nobody.test", with: names, by: context, actor.loop).isResumed == isResumed)
            }
        }
    }

    @Test func `a session whose suite the site has no longer is not resumed`() async throws {
        try await onLoop { actor in
            let (old, new) = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384")
            let before = TLSServerNames([:], fallback: try Self.site("localhost", suites: [old, new]))
            let after = TLSServerNames([:], fallback: try Self.site("localhost", suites: [new]), tickets: before.tickets)
            let context = try Self.client()
            let handshakes = [(before, false, old), (before, true, old), (after, false, new), (after, true, new)]
            for (names, isResumed, suite) in handshakes {
                let agreed = try await agree(on: "localhost", with: names, by: context, actor.loop)
                #expect(agreed.isResumed == isResumed && agreed.suite == suite, "\(agreed)")
            }
        }
    }
}
