import EventLoop
import Foundation
import LoopTesting
import Testing

@testable import TLS
@testable import Transport

/// Certificates that stay in their files until a handshake asks for them.
@Suite struct StoredCertificateTests {
    private let store = StoredCertificates()
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-stored-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    /// A file with key and certificate.
    private func file(_ name: String, _ files: (certificate: String, key: String)) throws -> String {
        let text =
            try String(contentsOfFile: files.key, encoding: .utf8) + String(contentsOfFile: files.certificate, encoding: .utf8)
        let path = directory.appending(path: name)
        try text.write(to: path, atomically: true, encoding: .utf8)
        return path.path(percentEncoded: false)
    }

    private func context(_ file: String, isThere: Bool = true) -> TLSServerContext {
        TLSServerContext(stored: StoredCertificate(file: file, isThere: isThere, owner: store))
    }

    private nonisolated(nonsending) func failures(
        _ loop: EventLoop, _ context: TLSServerContext, trusting authority: String
    ) async throws -> (client: TransportError?, server: TransportError?) {
        let client = try TLSClientContext(TLSClientContext.Settings(serverName: "localhost", caFile: authority))
        let connection = try await Connection.open(on: loop, server: TLSServerNames([:], fallback: context), client: client)
        defer { connection.close() }
        return await connection.performHandshake()
    }

    private nonisolated(nonsending) func failure(
        _ loop: EventLoop, _ context: TLSServerContext, trusting authority: String
    ) async throws -> String? {
        let found = try await failures(loop, context, trusting: authority)
        return (found.client ?? found.server)?.description
    }

    @Test func `one is read by its first handshake, and the next ones find it in memory`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = try file("a.pem", Certificates.files("localhost"))
        try await onLoop { actor in
            let context = context(path)
            #expect(context.hasCertificate && !context.isInMemory)
            #expect(try await failure(actor.loop, context, trusting: Certificates.authority()) == nil)
            #expect(context.isInMemory)
            try FileManager.default.removeItem(atPath: path)
            #expect(try await failure(actor.loop, context, trusting: Certificates.authority()) == nil)
        }
    }

    @Test func `several handshakes that wait for the same one get it`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = try file("a.pem", Certificates.files("localhost"))
        let context = context(path)
        let authority = try Certificates.authority()
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    try await onLoop { actor in
                        for _ in 0..<20 {
                            let words = try await failure(actor.loop, context, trusting: authority)
                            #expect(words == nil)
                            // As if others had taken its place.
                            context.removeCertificate()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `one that cannot be read is told, and is none yet where there was no file`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.path(percentEncoded: false) + "/gone.pem"
        try await onLoop { actor in
            let gone = context(path)
            let found = try await failures(actor.loop, gone, trusting: Certificates.authority())
            #expect(found.client?.description.contains("unrecognized name") == true)
            #expect(found.server?.description.contains("cannot read the certificate \(path)") == true)
            let missing = context(path, isThere: false)
            #expect(!missing.hasCertificate)
            let none = try await failures(actor.loop, missing, trusting: Certificates.authority())
            #expect(none.server?.description.contains("there is none yet for localhost") == true)
            // It comes.
            _ = try file("gone.pem", Certificates.files("localhost"))
            #expect(await missing.renewStored() == nil && !missing.isInMemory)
            #expect(try await failure(actor.loop, missing, trusting: Certificates.authority()) == nil)
        }
    }

    @Test func `another one in the file is shown, in memory or not, unless it cannot be used`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = try file("a.pem", Certificates.files("localhost"))
        let (first, second) = try (Certificates.authority(), Certificates.otherAuthority())
        try await onLoop { actor in
            let (loaded, stored) = (context(path), context(path))
            #expect(try await failure(actor.loop, loaded, trusting: first) == nil)
            _ = try file("a.pem", Certificates.otherFiles())
            #expect(await loaded.renewStored() == nil)
            #expect(await stored.renewStored() == nil && !stored.isInMemory)
            #expect(try await failure(actor.loop, loaded, trusting: second) == nil)
            #expect(try await failure(actor.loop, stored, trusting: second) == nil)
            try "half".write(toFile: path, atomically: true, encoding: .utf8)
            #expect(await loaded.renewStored()?.contains("cannot read the certificate") == true)
            #expect(try await failure(actor.loop, loaded, trusting: second) == nil)
        }
    }

    @Test func `no more are in memory than may be, and those in use stay`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = try file("a.pem", Certificates.files("localhost"))
        await store.allow(4)
        let contexts = (0..<12).map { _ in context(path) }
        for (number, context) in contexts.enumerated() {
            #expect(await store.load(context) == nil)
            #expect(context.isInMemory)
            // A handshake of this one between all others.
            if number > 0 { contexts[0].stored?.noteUse() }
            #expect(contexts.count { $0.isInMemory } == min(number + 1, 4))
            #expect(contexts[0].isInMemory)
        }
        await store.allow(2)
        #expect(contexts.count { $0.isInMemory } == 2)
    }
}
