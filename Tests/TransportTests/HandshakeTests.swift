import COpenSSL
import EventLoop
import LoopTesting
import Testing

@testable import TLS
@testable import Transport

@Suite struct HandshakeTests {
    @Test(arguments: [
        ("localhost", "localhost"), ("localhost", "127.0.0.1"), ("localhost", "::1"),
        ("rsa.test", "rsa.test"), ("wild.test", "a.wild.test"), ("chain.test", "chain.test"),
    ])
    func `a certificate that names the server and leads to the CA is accepted`(certificate: String, name: String) async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(
                on: actor.loop, server: Certificates.server(certificate), client: Certificates.client(for: name))
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            #expect(connection.client.tls?.version == "TLSv1.3")
            // RFC 6066 §3: an address is not asked for by SNI.
            #expect(
                connection.server.tls?.serverName == (name.contains(".") && name.first != "1" || name == "localhost" ? name : nil)
            )
            connection.close()
        }
    }

    @Test(arguments: [
        ("localhost", "other.test", "hostname mismatch"), ("localhost", "192.0.2.1", "IP address mismatch"),
        ("wild.test", "a.b.wild.test", "hostname mismatch"), ("expired.test", "expired.test", "certificate has expired"),
        ("stranger.test", "stranger.test", "self-signed certificate"),
        ("leaf-only.test", "leaf-only.test", "unable to get local issuer certificate"),
    ])
    func `a certificate that proves nothing is refused in words`(
        certificate: String, name: String, words: String
    ) async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(
                on: actor.loop, server: Certificates.server(certificate), client: Certificates.client(for: name))
            let failures = await connection.performHandshake()
            #expect(kind(failures.client) == .verification)
            let said = try #require(failures.client?.description)
            #expect(said.contains(words) && said.contains("checked for \(name)"))
            connection.close()
        }
    }

    @Test func `without verification anybody is believed`() async throws {
        try await onLoop { actor in
            let trusting = try TLSClientContext(TLSClientContext.Settings(serverName: "other.test", verifies: false))
            let connection = try await Connection.open(
                on: actor.loop, server: Certificates.server("stranger.test"), client: trusting)
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            connection.close()
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /x HTTP/1.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"])
    func `plain HTTP on a TLS port is known for what it is`(request: String) async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop, server: Certificates.server())
            _ = try connection.client.write(Array(request.utf8).span)
            #expect(kind(try await serverFailure(connection)) == .plainHTTP)
            connection.close()
        }
    }

    @Test func `other plain bytes are a failed handshake`() async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop, server: Certificates.server())
            _ = try connection.client.write([0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B].span)
            #expect(kind(try await serverFailure(connection)) == .handshake)
            connection.close()
        }
    }

    @Test func `a client that leaves during the handshake is said to have left`() async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(on: actor.loop, server: Certificates.server())
            _ = try connection.client.write([0x16, 0x03, 0x01].span)
            connection.client.close()
            let error = try await serverFailure(connection)
            #expect(kind(error) == .handshake)
            #expect(error?.description == "the peer closed the connection during the handshake")
            connection.close()
        }
    }

    @Test(arguments: [
        ("mismatch.test", "does not belong to"), ("encrypted.test", "encrypted"), ("absent.test", "No such file"),
    ])
    func `files that cannot be used are named`(name: String, words: String) throws {
        let error = #expect(throws: TLSError.self) { _ = try Certificates.server(name) }
        #expect(error?.file != nil)
        let said = try #require(error?.reason)
        #expect(said.contains(words) && said.contains("/tests/\(name)."), "\(said)")
    }

    @Test func `the second connection to an upstream resumes the first one's session`() async throws {
        try await onLoop { actor in
            let names = try Certificates.server()
            let context = try Certificates.client()
            for isSecond in [false, true] {
                let connection = try await Connection.open(on: actor.loop, server: names, client: context)
                let failures = await connection.performHandshake()
                #expect(failures.client == nil && failures.server == nil)
                #expect(connection.client.tls?.isResumed == isSecond)
                // The ticket comes with the first bytes.
                #expect(try await connection.carry([1, 2, 3], from: connection.server, to: connection.client) == [1, 2, 3])
                connection.client.takeOverRecords()
                #expect(connection.client.tls?.isResumed == isSecond)
                // Both ends have left OpenSSL now.
                for count in [5, 100_000] {
                    let bytes = pattern(count)
                    #expect(try await connection.carry(bytes, from: connection.server, to: connection.client) == bytes)
                    #expect(try await connection.carry(bytes, from: connection.client, to: connection.server) == bytes)
                }
                connection.close()
            }
        }
    }

    @Test func `a ticket is for one connection, and comes also from an upstream that closes after one answer`() async throws {
        try await onLoop { actor in
            let names = try Certificates.server()
            let context = try Certificates.client()
            var open: [Connection] = []
            // The first brings a ticket, which the second takes; while that is open there is none for the third.
            for (isResumed, closes) in [(false, true), (true, false), (false, true), (true, true)] {
                let connection = try await Connection.open(on: actor.loop, server: names, client: context)
                let failures = await connection.performHandshake()
                #expect(failures.client == nil && failures.server == nil)
                #expect(connection.client.tls?.isResumed == isResumed)
                guard closes else {
                    open.append(connection)
                    continue
                }
                #expect(try await connection.carry([1, 2, 3], from: connection.server, to: connection.client) == [1, 2, 3])
                connection.close()
            }
            for connection in open { connection.close() }
        }
    }

    @Test func `keys of tickets are replaced, and the former one is good until its tickets have ended`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            gh_replace_ticket_keys_after(0)
            let isRight = try await onLoop { actor in
                let names = try Certificates.server()
                let (first, second) = try (Certificates.client(), Certificates.client())
                func isResumed(_ context: TLSClientContext) async throws -> Bool {
                    let connection = try await Connection.open(on: actor.loop, server: names, client: context)
                    _ = await connection.performHandshake()
                    _ = try await connection.carry([1], from: connection.server, to: connection.client)
                    defer { connection.close() }
                    return connection.client.tls?.isResumed == true
                }
                // Each ticket has a key of its own now, and two keys are kept.
                let fresh = try await [isResumed(first), isResumed(first), isResumed(second)]
                let former = try await isResumed(first)
                let both = try await [isResumed(second), isResumed(second)]
                let gone = try await isResumed(first)
                return fresh == [false, true, false] && former && both == [true, true] && !gone
            }
            exit(isRight ? 0 : 1)
        }
    }

    @Test(arguments: [TLSRecords.own, .openSSL])
    func `a KeyUpdate or late ticket on a connection at rest is taken aside`(records: TLSRecords) async throws {
        try await onLoop { actor in
            let connection = try await Connection.open(
                on: actor.loop, server: Certificates.server(), client: Certificates.client(records: records))
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            // A new key before each record, from the server's side alone.
            let server = try #require(connection.server.tls)
            #expect(try await connection.carry([1], from: connection.server, to: connection.client) == [1])
            connection.client.takeOverRecords()
            #expect(connection.client.tls?.hasOwnRecords == (records == .own))
            server.changeKeys()
            #expect(try connection.server.flush())
            while !connection.client.socket.isReadable { _ = await connection.waiter.wait(timeout: nil) }
            #expect(connection.client.mayRead)
            connection.client.readAside()
            #expect(!connection.client.mayRead)
            #expect(try await connection.carry([2], from: connection.server, to: connection.client) == [2])
            #expect(try await connection.carry([3], from: connection.client, to: connection.server) == [3])
            connection.close()
        }
    }

    @Test func `where a provider's cipher does not prove itself, OpenSSL keeps the records`() async {
        await #expect(processExitsWith: .exitCode(0)) {
            gh_distrust_providers()
            let keeps = try await onLoop { actor in
                let connection = try await connected(on: actor.loop, overTLS: true)
                let bytes = pattern(100_000)
                let isWhole = try await connection.carry(bytes, from: connection.server, to: connection.client) == bytes
                connection.client.takeOverRecords()
                defer { connection.close() }
                return isWhole && connection.server.tls?.hasOwnRecords == false && connection.client.tls?.hasOwnRecords == false
            }
            exit(keeps ? 0 : 1)
        }
    }

    @Test(arguments: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
    func `both ends leave OpenSSL's record layer, with every cipher suite`(suite: String) async throws {
        try await onLoop { actor in
            let context = try Certificates.client()
            #expect(unsafe SSL_CTX_set_ciphersuites(context.context, suite) == 1)
            let connection = try await Connection.open(on: actor.loop, server: Certificates.server(), client: context)
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            #expect(connection.server.tls?.hasOwnRecords == true)
            #expect(try await connection.carry([1, 2, 3], from: connection.server, to: connection.client) == [1, 2, 3])
            connection.client.takeOverRecords()
            #expect(connection.client.tls?.hasOwnRecords == true)
            #expect(connection.client.tls?.cipher == suite && connection.server.tls?.cipher == suite)
            connection.close()
        }
    }

    @Test func `the name that a client asks for chooses the certificate`() async throws {
        try await onLoop { actor in
            let rsa = try Certificates.files("rsa.test")
            let wild = try Certificates.files("wild.test")
            let names = TLSServerNames(
                [
                    "rsa.test": try TLSServerContext(certificateFile: rsa.certificate, keyFile: rsa.key),
                    "*.wild.test": try TLSServerContext(certificateFile: wild.certificate, keyFile: wild.key),
                ], fallback: try Certificates.server().fallback)
            for (name, isKnown) in [("rsa.test", true), ("x.wild.test", true), ("localhost", true), ("wild.test", false)] {
                let connection = try await Connection.open(
                    on: actor.loop, server: names, client: Certificates.client(for: name))
                let failures = await connection.performHandshake()
                #expect((failures.client == nil) == isKnown)
                connection.close()
            }
        }
    }

    @Test(arguments: [
        ("rsa.test", true, false, false), ("localhost", true, false, true), ("rsa.test", false, true, true),
        ("localhost", false, true, false), ("127.0.0.1", false, true, false),
    ])
    func `the oldest version of a site is its own, whichever site is the default`(
        name: String, isSiteStrict: Bool, isDefaultStrict: Bool, isAccepted: Bool
    ) async throws {
        try await onLoop { actor in
            let rsa = try Certificates.files("rsa.test")
            let local = try Certificates.files("localhost")
            func policy(isStrict: Bool) -> TLSPolicy {
                var policy = TLSPolicy()
                policy.minimumVersion = isStrict ? .tls13 : .tls12
                return policy
            }
            let names = TLSServerNames(
                [
                    "rsa.test": try TLSServerContext(
                        certificateFile: rsa.certificate, keyFile: rsa.key, policy(isStrict: isSiteStrict))
                ],
                fallback: try TLSServerContext(
                    certificateFile: local.certificate, keyFile: local.key, policy(isStrict: isDefaultStrict)))
            let client = try Certificates.client(for: name)
            _ = unsafe SSL_CTX_ctrl(client.context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
            let connection = try await Connection.open(on: actor.loop, server: names, client: client)
            let failures = await connection.performHandshake()
            #expect((failures.server == nil) == isAccepted)
            connection.close()
        }
    }

    private nonisolated(nonsending) func serverFailure(_ connection: Connection) async throws -> TransportError? {
        do throws(TransportError) {
            while try connection.server.handshake() != nil { _ = await connection.waiter.wait(timeout: nil) }
            return nil
        } catch {
            return error
        }
    }
}
