import Foundation
import TLS
import TestSupport
import Testing

@testable import Gateway

@Suite("Certificates that are replaced while they are in use")
struct LoadedCertificateTests {
    @Test("one that clients would refuse for now is looked at again, is told once, and is used when they would not any more")
    func later() async throws {
        let directory = try TemporaryDirectory()
        let one = try await MadeCertificate.make("one", in: directory, names: ["DNS:localhost"])
        let two = try await MadeCertificate.make("two", in: directory, names: ["DNS:localhost"])
        let files = CertificateFiles(certificate: directory.path + "/site.crt", key: directory.path + "/site.key")
        func put(_ certificate: String, _ key: String) throws {
            for (from, to) in [(certificate, files.certificate), (key, files.key)] {
                try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: to))
            }
        }
        try put(one.file, one.keyFile)
        let source = LoadedCertificate.Source(certificates: [files], policy: TLSPolicy())
        let loaded = try LoadedCertificate(source, mayKeep: false) { SystemAuthorities() }
        func look(_ worse: String?) -> String {
            String(describing: loaded.look(authorities: { SystemAuthorities() }, worse: { _, _ in worse }))
        }
        #expect(look(nil) == "unchanged")
        try put(two.file, two.keyFile)
        #expect(look("is not valid yet, but in 2 minutes").hasPrefix("refused"))
        #expect(look("is not valid yet, but in 1 minute") == "unchanged")
        #expect(loaded.problem != nil)
        // The files are as they were.
        #expect(look(nil) == "replaced")
        #expect(loaded.problem == nil && look(nil) == "unchanged")
        // What cannot be used at all is not tried again.
        try put(one.file, two.keyFile)
        #expect(look(nil).hasPrefix("refused"))
        #expect(look("not asked") == "unchanged")
        try put(one.file, one.keyFile)
        #expect(look(nil) == "replaced")
    }
}
