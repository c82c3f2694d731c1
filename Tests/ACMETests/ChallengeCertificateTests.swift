import Foundation
import TestSupport
import Testing

@testable import TLS

@Suite("Certificates that prove names in handshakes (RFC 8737)")
struct ChallengeCertificateTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func file(of name: String) throws -> String {
        let key = try PrivateKey(.p256)
        let pem = key.pem + (try key.challengeCertificate(for: name, digest: [UInt8](repeating: 7, count: 32)))
        return try directory.write("\(name).pem", pem)
    }

    @Test("are shown for as long as their name is proved, and names of strangers leave nothing behind")
    func bounded() throws {
        let challenges = ChallengeCertificates()
        for number in 1...40 {
            // Two at a time, as in an order for two names.
            let names = ["a\(number).test", "b\(number).test"]
            for name in names { try challenges.show(name, file: try file(of: name), .own) }
            // The authority may ask for another certificate of the same name meanwhile.
            try challenges.show(names[0], file: try file(of: names[0]), .own)
            let shown = names.compactMap { challenges.context(for: $0) }
            #expect(shown.count == 2 && shown[0] !== shown[1])
            for name in names { challenges.hide(name) }
            #expect(names.allSatisfy { challenges.context(for: $0) == nil })
        }
        #expect(challenges.count == 2)
    }

    @Test("of a file that holds none are not shown, and the one before is not either")
    func broken() throws {
        let challenges = ChallengeCertificates()
        try challenges.show("a.test", file: try file(of: "a.test"), .own)
        let broken = try directory.write("broken.pem", "nothing")
        #expect(throws: TLSError.self) { try challenges.show("a.test", file: broken, .own) }
        #expect(challenges.context(for: "a.test") == nil && challenges.count == 1)
        // Who speaks with OpenSSL's records needs another one.
        try challenges.show("a.test", file: try file(of: "a.test"), .openSSL)
        #expect(challenges.context(for: "a.test")?.policy.records == .openSSL && challenges.count == 2)
    }
}
