import EventLoop
import LoopTesting
import Synchronization
import Testing

@testable import TLS
@testable import Transport

@Suite struct ReplacedCertificateTests {
    private final class End: Sendable {
        let hasCome = Atomic(false)
    }

    private nonisolated(nonsending) func failures(
        _ loop: EventLoop, _ names: TLSServerNames, trusting authority: String
    ) async throws -> (client: TransportError?, server: TransportError?) {
        let client = try TLSClientContext(TLSClientContext.Settings(serverName: "localhost", caFile: authority))
        let connection = try await Connection.open(on: loop, server: names, client: client)
        defer { connection.close() }
        return await connection.performHandshake()
    }

    @Test func `a new certificate is shown by the next handshake, and connections go on`() async throws {
        try await onLoop { actor in
            let names = try Certificates.server()
            let (first, second) = try (Certificates.authority(), Certificates.otherAuthority())
            let client = try Certificates.client()
            let connection = try await Connection.open(on: actor.loop, server: names, client: client)
            _ = await connection.performHandshake()
            #expect(try await failures(actor.loop, names, trusting: second).client != nil)

            let files = try Certificates.otherFiles()
            try names.fallback.replaceCertificate(certificateFile: files.certificate, keyFile: files.key)
            #expect(try await failures(actor.loop, names, trusting: second).client == nil)
            #expect(try await failures(actor.loop, names, trusting: first).client != nil)
            #expect(try await connection.carry([1, 2, 3], from: connection.client, to: connection.server) == [1, 2, 3])
            #expect(try await connection.carry([4, 5], from: connection.server, to: connection.client) == [4, 5])
            connection.close()
        }
    }

    @Test func `a handshake that has begun goes on with the certificate that it began with`() async throws {
        try await onLoop { actor in
            let names = try Certificates.server()
            let connection = try await Connection.open(on: actor.loop, server: names, client: Certificates.client())
            _ = try connection.client.handshake()
            // The server has taken the client's hello, and waits for its Finished.
            while connection.server.tls?.askedName == nil {
                _ = try connection.server.handshake()
                if connection.server.tls?.askedName == nil { _ = await connection.waiter.wait(timeout: nil) }
            }
            let files = try Certificates.otherFiles()
            for _ in 0..<3 { try names.fallback.replaceCertificate(certificateFile: files.certificate, keyFile: files.key) }
            let failures = await connection.performHandshake()
            #expect(failures.client == nil && failures.server == nil)
            connection.close()
        }
    }

    @Test(arguments: [("rsa.test", "localhost"), ("missing", "missing")])
    func `one that cannot be used is refused, and the one before stays`(certificate: String, key: String) async throws {
        try await onLoop { actor in
            let names = try Certificates.server()
            let files = (try Certificates.files(certificate).certificate, try Certificates.files(key).key)
            #expect(throws: TLSError.self) {
                try names.fallback.replaceCertificate(certificateFile: files.0, keyFile: files.1)
            }
            #expect(try await failures(actor.loop, names, trusting: Certificates.authority()).client == nil)
        }
    }

    @Test func `a hundred are replaced while two threads shake hands, and no handshake fails`() async throws {
        let names = try Certificates.server()
        let authority = try Certificates.bothAuthorities()
        let files = [try Certificates.files("localhost"), try Certificates.otherFiles()]
        let end = End()
        let (shaken, shaking) = AsyncStream<String?>.makeStream()
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    try await onLoop { actor in
                        while !end.hasCome.load(ordering: .relaxed) {
                            let failures = try await failures(actor.loop, names, trusting: authority)
                            shaking.yield((failures.client ?? failures.server)?.description)
                        }
                    }
                }
            }
            var count = 0
            for await failure in shaken {
                #expect(failure == nil)
                count += 1
                guard count <= 100 else { break }
                try names.fallback.replaceCertificate(
                    certificateFile: files[count % 2].certificate, keyFile: files[count % 2].key)
            }
            end.hasCome.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
    }

    @Test(arguments: [true, false])
    func `a site without a certificate says so by an alert, until it has one`(isDefault: Bool) async throws {
        try await onLoop { actor in
            let waiting = TLSServerContext()
            let other = try Certificates.files("rsa.test")
            let names = TLSServerNames(
                ["localhost": waiting],
                fallback: isDefault ? waiting : try TLSServerContext(certificateFile: other.certificate, keyFile: other.key))
            let before = try await failures(actor.loop, names, trusting: Certificates.authority())
            let words = try #require(before.client?.description)
            #expect(words.contains("unrecognized name"))
            #expect(before.server?.description.contains("there is none yet for localhost") == true)

            let files = try Certificates.files("localhost")
            try waiting.replaceCertificate(certificateFile: files.certificate, keyFile: files.key)
            #expect(try await failures(actor.loop, names, trusting: Certificates.authority()).client == nil)
        }
    }
}
