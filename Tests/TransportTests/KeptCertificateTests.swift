import EventLoop
import Foundation
import LoopTesting
import Testing

@testable import TLS
@testable import Transport

/// Certificates that are judged at the start, and put into memory by the first handshake that needs them.
@Suite struct KeptCertificateTests {
    private static func keep(_ files: [CertificateFiles], _ policy: TLSPolicy = TLSPolicy()) -> KeptCertificates? {
        var contents: [SecretBytes]?
        guard CertificateFingerprint(files.flatMap(\.files), keeping: &contents) != nil, let contents else { return nil }
        return KeptCertificates(files, contents, policy) { SystemAuthorities() }
    }

    private static func files(_ name: String) throws -> CertificateFiles {
        let (certificate, key) = try Certificates.files(name)
        return CertificateFiles(certificate: certificate, key: key)
    }

    /// A client that trusts our CA is shown a certificate for the name.
    private static nonisolated(nonsending) func succeed(
        _ loop: EventLoop, _ context: TLSServerContext, _ name: String
    ) async throws {
        let client = try TLSClientContext(
            TLSClientContext.Settings(serverName: name, caFile: Certificates.authority()))
        let connection = try await Connection.open(on: loop, server: TLSServerNames([:], fallback: context), client: client)
        defer { connection.close() }
        let found = await connection.performHandshake()
        let words = (found.client ?? found.server)?.description
        #expect(words == nil)
    }

    @Test(arguments: ["localhost", "rsa.test", "chain.test"])
    func `the first handshake puts one into memory, and the next ones find it there`(name: String) async throws {
        let kept = try #require(try Self.keep([Self.files(name)]))
        try await onLoop { actor in
            let context = TLSServerContext()
            context.replaceCertificates(kept)
            #expect(context.hasCertificate && !context.isInMemory)
            try await Self.succeed(actor.loop, context, name)
            #expect(context.isInMemory)
            try await Self.succeed(actor.loop, context, name)
        }
    }

    @Test func `several handshakes that wait for the same one get it`() async throws {
        let kept = try #require(try Self.keep([Self.files("localhost")]))
        let context = TLSServerContext()
        context.replaceCertificates(kept)
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    try await onLoop { actor in
                        for _ in 0..<20 {
                            try await Self.succeed(actor.loop, context, "localhost")
                            context.replaceCertificates(kept)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(arguments: ["localhost", "rsa.test", "chain.test", "leaf-only.test", "expired.test", "wild.test", "stranger.test"])
    func `what is said of one is what OpenSSL's own reading of it says`(name: String) throws {
        let files = try Self.files(name)
        let chain = try #require(CertificateChain(files))
        let facts = try #require(Self.keep([files])).facts
        #expect(facts == [chain.facts { SystemAuthorities() }])
        // And OpenSSL can use it.
        try TLSServerContext().replaceCertificates([files], isShown: false)
    }

    @Test(arguments: ["mismatch.test", "encrypted.test", "absent.test"])
    func `one that cannot be used is not kept`(name: String) throws {
        let files = try Self.files(name)
        #expect(Self.keep([files]) == nil)
    }

    @Test func `two of one kind are not kept, of different kinds they are`() throws {
        let two = try [Self.files("localhost"), Self.files("wild.test")]
        #expect(Self.keep(two) == nil)
        let different = try [Self.files("localhost"), Self.files("rsa.test")]
        #expect(Self.keep(different)?.kept.count == 2)
    }

    @Test func `of several the client's algorithms choose, as ever`() async throws {
        let kept = try #require(try Self.keep([Self.files("rsa.test"), Self.files("localhost")]))
        try await onLoop { actor in
            let context = TLSServerContext()
            context.replaceCertificates(kept)
            // The client prefers ECDSA, and the certificate for localhost is the one with such a key.
            try await Self.succeed(actor.loop, context, "localhost")
        }
    }

    @Test func `a key is sought among other blocks, and more than one is doubtful`() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-kept-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let found = try Self.files("localhost")
        let key = try String(contentsOfFile: found.key, encoding: .utf8)
        let certificate = try String(contentsOfFile: found.certificate, encoding: .utf8)
        // The parameters of P-256, as `openssl ecparam -genkey` writes them.
        let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        func isKept(_ certificate: String, _ key: String) throws -> Bool {
            let (first, second) = (directory.appending(path: "a.crt"), directory.appending(path: "a.key"))
            try certificate.write(to: first, atomically: true, encoding: .utf8)
            try key.write(to: second, atomically: true, encoding: .utf8)
            let files = CertificateFiles(
                certificate: first.path(percentEncoded: false), key: second.path(percentEncoded: false))
            let kept = Self.keep([files])
            if let kept {
                // Then OpenSSL reads both, too.
                let context = TLSServerContext()
                context.replaceCertificates(kept)
                #expect(context.useKept() == nil && context.isInMemory)
            }
            return kept != nil
        }
        #expect(try isKept(certificate, key))
        #expect(try isKept("a text before it\n" + certificate + "and behind\n", parameters + key))
        #expect(try isKept(key + certificate, certificate + key))
        #expect(try !isKept(certificate, key + key))
        #expect(try !isKept(certificate, certificate))
        #expect(try !isKept(certificate, key.replacing("PRIVATE KEY", with: "ANY PRIVATE KEY")))
        #expect(try !isKept(certificate + broken, key))
        #expect(try !isKept(key, key))
        #expect(try !isKept("", ""))
    }

    @Test func `files with passphrases, of stores and of PKCS#12 are OpenSSL's own to read`() throws {
        var files = try Self.files("localhost")
        files.passphraseFile = files.certificate
        #expect(Self.keep([files]) == nil)
        files = try Self.files("localhost")
        files.key = "pkcs11:object=www"
        #expect(Self.keep([files]) == nil)
    }

    @Test func `clients that show certificates, and answers that are stapled, are asked for at once`() throws {
        let files = try Self.files("localhost")
        var policy = TLSPolicy()
        #expect(TLSServerContext.mayKeepCertificates(policy))
        policy.stapling = StaplingPolicy(onlyWhereRequired: true, responder: nil, directory: "/none")
        #expect(Self.keep([files], policy) != nil)
        policy.stapling = StaplingPolicy(onlyWhereRequired: false, responder: nil, directory: "/none")
        #expect(Self.keep([files], policy) == nil)
        policy.clientAuthentication = try ClientAuthentication(
            isRequired: true, caFile: Certificates.authority(), crlFile: nil, depth: 1)
        #expect(!TLSServerContext.mayKeepCertificates(policy))
        policy = TLSPolicy()
        policy.groups = ["none"]
        #expect(!TLSServerContext.mayKeepCertificates(policy))
    }

    @Test func `another certificate takes the place of one that nobody has asked for`() async throws {
        let kept = try #require(try Self.keep([Self.files("rsa.test")]))
        let (certificate, key) = try Certificates.files("localhost")
        try await onLoop { actor in
            let context = TLSServerContext()
            context.replaceCertificates(kept)
            try context.replaceCertificate(certificateFile: certificate, keyFile: key)
            #expect(context.isInMemory)
            try await Self.succeed(actor.loop, context, "localhost")
            context.replaceCertificates(kept)
            try await Self.succeed(actor.loop, context, "rsa.test")
            context.removeCertificate()
            #expect(!context.hasCertificate)
        }
    }
}
