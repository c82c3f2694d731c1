import Foundation
import Glibc
import Testing

@testable import TLS

/// OpenSSL opens a certificate's file several times for one reading. Each time it finds what a test says: pipes lie at the path,
/// one after the other.
@Suite struct CertificateSwapTests {
    private let directory: URL
    private var path: String { directory.path(percentEncoded: false) + "/certificate.pem" }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "gatehouse-swap-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    private struct Failed: Error {}

    /// Key and certificate in PEM.
    private func text(_ files: (certificate: String, key: String)) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: files.key)) + Data(contentsOf: URL(filePath: files.certificate)))
    }

    /// Who opens the file finds these one after the other, and from then on the last.
    private func serve(_ contents: [[UInt8]]) throws {
        let path = path
        let pipes = try contents.dropLast().indices.map { number in
            let pipe = "\(path).\(number)"
            guard unsafe mkfifo(pipe, 0o600) == 0 else { throw Failed() }
            return pipe
        }
        let last = path + ".last"
        try Data(contents[contents.count - 1]).write(to: URL(filePath: last))
        let nexts = pipes.dropFirst() + [last]
        guard unsafe rename(pipes[0], path) == 0 else { throw Failed() }
        // It waits for readers, so it is no task.
        Thread.detachNewThread {
            for (next, content) in zip(nexts, contents) {
                // Returns when a reader has opened it; the next one to open finds the next.
                let descriptor = unsafe open(path, O_WRONLY)
                guard descriptor >= 0 else { return }
                _ = unsafe rename(next, path)
                // It fits into the pipe's buffer, and the reader waits for it.
                _ = unsafe content.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
                close(descriptor)
            }
        }
    }

    /// A reading is three openings: whether it is PKCS#12, the chain, and the key.
    @Test func `a file that is replaced between its chain and its key is read again`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let (old, new) = try (text(Certificates.files("localhost")), text(Certificates.otherFiles()))
        try serve([old, old, new, new])
        let store = StoredCertificates()
        let context = TLSServerContext(stored: StoredCertificate(file: path, isThere: true, owner: store))
        #expect(await store.load(context) == nil)
        #expect(context.isInMemory)
        #expect(context.shows(try #require(CertificateChain(file: Certificates.otherFiles().certificate))))
    }

    @Test func `a file whose key is never its chain's is told as that`() async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        let (old, new) = try (text(Certificates.files("localhost")), text(Certificates.otherFiles()))
        // Key of the one, certificate of the other.
        let key = try Data(contentsOf: URL(filePath: Certificates.files("localhost").key))
        let mixed = Array(key + (try Data(contentsOf: URL(filePath: Certificates.otherFiles().certificate))))
        try serve([old, old, new, mixed])
        let store = StoredCertificates()
        let context = TLSServerContext(stored: StoredCertificate(file: path, isThere: true, owner: store))
        #expect(await store.load(context)?.contains("does not belong to the certificate") == true)
        #expect(!context.isInMemory)
    }
}
