import TLS
import TestSupport
import Testing

@testable import ACME

@Suite("A certificate that a start looks at")
struct StoredLookTests {
    private let directory: TemporaryDirectory
    private let state: StateDirectory
    private let store: CertificateStore

    init() throws {
        directory = try TemporaryDirectory()
        state = StateDirectory(directory.path)
        store = CertificateStore(state)
    }

    /// A certificate for `look.test` by an authority, with the authority's, and the key of it.
    private func issued(_ kind: PrivateKey.Kind) throws -> (chain: String, key: PrivateKey) {
        let root = try PrivateKey(.p256)
        let rootText = try root.authorityCertificate(name: "root", hosts: ["test"], blocks: [], seconds: 10_000)
        let authority = try #require(CertificateChain(pem: rootText))
        let key = try PrivateKey(kind)
        return (try root.certificate(for: key, names: ["look.test"], authority: authority, seconds: 5_000) + rootText, key)
    }

    private func write(_ text: String) throws {
        try state.write(Array(text.utf8), to: "acme/certificates/look.test/certificate.pem")
    }

    @Test(
        "is read without OpenSSL's search for decoders, with the same names and dates",
        arguments: [.p256, .p384, .rsa] as [PrivateKey.Kind])
    func usual(kind: PrivateKey.Kind) throws {
        let (chain, key) = try issued(kind)
        try write(key.pem + chain)
        #expect(CertificateChain.judge(keyAndChain: Array((key.pem + chain).utf8)) != nil)
        let looked = try #require(store.usable("look.test"))
        let read = try #require(try store.certificate(of: "look.test"))
        #expect(looked.names.hosts == ["look.test"] && read.names.hosts == ["look.test"])
        #expect(looked.lifetime?.start == read.lifetime?.start && looked.lifetime?.end == read.lifetime?.end)
    }

    enum Odd: CaseIterable {
        case nothing, noKey, noCertificate, keyOfAnother, twoKeys, cutKey, cutCertificate, cutIssuer, words, keyAtEnd
    }

    @Test("is there where it is when it is read for use, and only there", arguments: Odd.allCases)
    func odd(_ odd: Odd) throws {
        let (chain, key) = try issued(.p256)
        let other = try PrivateKey(.p256)
        let text =
            switch odd {
            case .nothing: ""
            case .noKey: chain
            case .noCertificate: key.pem
            case .keyOfAnother: other.pem + chain
            case .twoKeys: key.pem + other.pem + chain
            case .cutKey: key.pem.replacing("\n-----END", with: "-----END") + chain
            case .cutCertificate: key.pem + chain.prefix(300)
            case .cutIssuer: key.pem + chain.dropLast(60)
            case .words: "# what is here\n" + key.pem + "between\n" + chain + "at the end\n"
            case .keyAtEnd: chain + key.pem
            }
        try write(text)
        let read = try store.certificate(of: "look.test")
        let looked = store.usable("look.test")
        #expect((looked == nil) == (read == nil))
        #expect(looked?.names.hosts == read?.names.hosts)
        switch odd {
        case .nothing, .noKey, .noCertificate, .keyOfAnother, .cutCertificate: #expect(looked == nil)
        case .words, .keyAtEnd, .cutIssuer: #expect(looked != nil)
        case .twoKeys, .cutKey: break
        }
    }
}
