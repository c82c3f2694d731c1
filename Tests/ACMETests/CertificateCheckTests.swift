import Foundation
import TLS
import TestSupport
import Testing

@testable import ACME

/// What an authority could send instead of what was asked for; none of it may reach a client.
@Suite("A certificate that was issued")
struct CertificateCheckTests {
    private let directory: TemporaryDirectory
    private let now = Int64(Date.now.timeIntervalSince1970)

    init() throws { directory = try TemporaryDirectory() }

    private func text(_ file: String) throws -> String { try String(contentsOfFile: file, encoding: .utf8) }

    private func issue(
        _ name: String = "leaf", days: ClosedRange<Int> = -1...90, names: [String] = ["DNS:a.test", "DNS:b.test"]
    ) async throws -> (chain: String, key: PrivateKey, leaf: String) {
        let root = try await MadeCertificate.make("root", in: directory, extensions: ["basicConstraints = critical,CA:TRUE"])
        let leaf = try await MadeCertificate.make(name, in: directory, days: days, names: names, issuer: root)
        return (try text(leaf.file) + text(root.file), try PrivateKey(pem: text(leaf.keyFile)), try text(leaf.file))
    }

    private func reason(_ pem: String, _ key: PrivateKey, _ names: [String] = ["a.test", "b.test"]) -> String {
        do throws(ACMEError) {
            _ = try CertificateCheck.chain(pem, for: names, key: key, now: now)
            return "right"
        } catch {
            return error.description
        }
    }

    @Test("is used if it is for the names, the key and now")
    func right() async throws {
        let issued = try await issue()
        let (chain, start, end) = try CertificateCheck.chain(issued.chain, for: ["a.test", "b.test"], key: issued.key, now: now)
        #expect(chain.issuer == "root" && chain.count == 2)
        #expect(start < now && abs(end - now - 90 * 86_400) < 3600)
        #expect(reason(issued.chain, issued.key, ["a.test"]) == "right")
        // RFC 7468 §3: lines may end so, and text may stand between.
        #expect(reason(issued.chain.replacing("\n", with: "\r\n"), issued.key) == "right")
        #expect(reason("of a.test\n\(issued.leaf)\n\n# and more\n", issued.key) == "right")
    }

    @Test("is refused for what it is not")
    func wrong() async throws {
        let issued = try await issue()
        #expect(reason(issued.chain, try PrivateKey(.p256)).contains("another key"))
        #expect(reason(issued.chain, issued.key, ["a.test", "c.test"]).contains("not for c.test, but for a.test, b.test"))
        #expect(reason("", issued.key).contains("no certificate"))
        #expect(reason("<html>", issued.key).contains("no certificate"))
        #expect(reason(issued.key.pem + issued.chain, issued.key).contains("what is no certificate"))
        #expect(reason(issued.leaf + issued.leaf, issued.key).contains("hang together"))
        // Cut anywhere within its first certificate there is nothing left.
        for count in stride(from: 0, to: issued.leaf.utf8.count - 2, by: 97) {
            #expect(reason(String(issued.chain.prefix(count)), issued.key) != "right")
        }
    }

    @Test("is refused if its chain is longer than clients take it")
    func length() async throws {
        let issued = try await issue()
        let root = String(issued.chain.dropFirst(issued.leaf.count))
        #expect(reason(issued.chain + String(repeating: root, count: 8), issued.key) == "right")
        #expect(reason(issued.chain + String(repeating: root, count: 9), issued.key).contains("too long for clients: 11"))
        #expect(reason(issued.chain + String(repeating: "#", count: 65_536), issued.key).contains("too long for clients: 2"))
    }

    @Test("is refused if no client would take it for a server's")
    func usage() async throws {
        let leaf = try await MadeCertificate.make(
            "client", in: directory, names: ["DNS:a.test"], extensions: ["extendedKeyUsage = clientAuth"])
        let key = try PrivateKey(pem: text(leaf.keyFile))
        #expect(reason(try text(leaf.file), key, ["a.test"]).contains("not for servers"))
    }

    @Test("is refused when its time is over, or far away", arguments: [(-3 ... -1, "expired"), (3...90, "not valid")])
    func dates(days: ClosedRange<Int>, words: String) async throws {
        let issued = try await issue("dated", days: days)
        #expect(reason(issued.chain, issued.key).contains(words))
    }

    @Test("is asked for by a request that openssl reads", arguments: PrivateKey.Kind.allCases)
    func request(kind: PrivateKey.Kind) async throws {
        let names = ["a.test", "*.b.test", "192.0.2.1"]
        let request = try directory.write("request.der", try PrivateKey(kind).signingRequest(for: names))
        let outcome = try await Command.run(
            "openssl", ["req", "-inform", "DER", "-in", request, "-noout", "-text", "-verify"])
        #expect(outcome.text.contains("DNS:a.test, DNS:*.b.test, IP Address:192.0.2.1"), "\(outcome)")
        #expect((outcome.text + outcome.errors).contains("verify OK"), "\(outcome)")
    }
}
