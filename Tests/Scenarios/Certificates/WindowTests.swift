import Foundation
import TestSupport
import Testing

@Suite(
    "An authority that says when to renew (RFC 9773)",
    .enabled("acme2certifier is not installed") { Acme2Certifier.isThere })
struct WindowTests {
    private let managed: Managed
    private let port: FreePort

    init() throws { (managed, port) = (try Managed(), try FreePort()) }

    private func authority(days: Int, _ renewal: String...) async throws -> Acme2Certifier {
        try await Acme2Certifier(port: port, days: days, renewal: renewal, in: managed.directory)
    }

    /// What the present certificate is known by, as openssl tells its parts.
    private func identifier() async throws -> String {
        let file = "\(managed.state)/acme/certificates/a.test/certificate.pem"
        let outcome = try await Command.run(
            "openssl", ["x509", "-in", file, "-noout", "-serial", "-ext", "authorityKeyIdentifier"])
        let lines = outcome.text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        let serial = try #require(lines.first { $0.hasPrefix("serial=") }).dropFirst(7)
        let key = try #require(lines.last { $0.contains(":") && !$0.contains("X509v3") }).replacing("keyid:", with: "")
        // DER: a first bit that is set would be a sign.
        let padded = serial.first.map { "89ABCDEF".contains($0) } == true ? "00" + serial : String(serial)
        return "\(try base64URL(key.replacing(":", with: ""))).\(try base64URL(padded))"
    }

    private func base64URL(_ hexadecimal: String) throws -> String {
        let digits = Array(hexadecimal)
        let bytes = try stride(from: 0, to: digits.count, by: 2).map { place in
            try #require(UInt8(String(digits[place...place + 1]), radix: 16))
        }
        return Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// As if time had passed: of the certificate, and since the last look.
    private func age() throws {
        var status = try managed.status(of: "a.test")
        status["issued"] = try #require(status["issued"] as? Int) - 30_000
        status["nextLook"] = 0
        try JSONSerialization.data(withJSONObject: status)
            .write(to: URL(filePath: "\(managed.state)/acme/certificates/a.test/status.json"))
    }

    @Test("takes the place of another authority that is down, and of a second one that is down too")
    func fallback() async throws {
        let certificates = try await Certificates.ready()
        let other = try await authority(days: 30, "renewalthreshold_pctg: 50")
        let (first, second) = (try FreePort(), try FreePort())
        let places = ["https://localhost:\(second)/dir", other.directoryURL].map { "\"\($0)\"" }.joined(separator: ", ")
        let ssl = other.ssl.replacing(
            "directory = \"\(other.directoryURL)\"",
            with: "directory = \"https://localhost:\(first)/dir\"\nfallback = [\(places)]")
        try await Gatehouse.serving(managed.toml(ssl)) { gatehouse in _ = try await gatehouse.log.line("no certificate ") }
        // As if both had been tried twice, and the time had come.
        var status = try managed.status(of: "a.test")
        (status["failures"], status["nextTry"]) = (4, 0)
        try JSONSerialization.data(withJSONObject: status)
            .write(to: URL(filePath: "\(managed.state)/acme/certificates/a.test/status.json"))
        try await Gatehouse.serving(managed.toml(ssl)) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: certificates.authority)
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(try managed.status(of: "a.test")["issuedBy"] as? String == other.directoryURL)
    }

    @Test("is asked, heeded and told, and learns which certificate the next one replaces")
    func heeded() async throws {
        let certificates = try await Certificates.ready()
        let quiet = try await authority(
            days: 30, "renewalthreshold_pctg: 50", "renewal_window_duration: 1h", "retry_after_timeout: 7200")
        let toml = managed.toml(quiet.ssl + "\nprofile = \"shortlived\"")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("a new certificate is in use")
            let line = try await gatehouse.log.line("the authority says when to renew")
            #expect(line.contains("names=a.test"), "\(line)")
        }
        #expect(quiet.orders.count == 1 && quiet.orders[0]["profile"] as? String == "shortlived", "\(quiet.orders)")
        #expect(quiet.orders.first?["replaces"] == nil)
        let status = try managed.status(of: "a.test")
        let (begin, end) = (try #require(status["notBefore"] as? Int), try #require(status["notAfter"] as? Int))
        let (first, last) = (try #require(status["windowStart"] as? Int), try #require(status["windowEnd"] as? Int))
        let next = try #require(status["nextTry"] as? Int)
        #expect(last - first == 3600 && abs(first - (begin + end) / 2) < 120 && first <= next && next <= last, "\(status)")
        let look = try #require(status["nextLook"] as? Int) - Int(Date.now.timeIntervalSince1970)
        #expect((7000...8000).contains(look), "\(look)")
        let shown = try await Command.run(Place.gatehouse, ["certs", "--state-dir", managed.state])
        let text = Date(timeIntervalSince1970: Double(first)).ISO8601Format()
        #expect(shown.code == 0 && shown.text.contains("renewal window") && shown.text.contains(text + "/"), "\(shown)")
        // It is asked when it wants to be, not at each start.
        try await Gatehouse.serving(toml) { _ in }
        #expect(try managed.status(of: "a.test")["nextLook"] as? Int == status["nextLook"] as? Int)
        // And now it wants all of them renewed, as after a revocation.
        quiet.process.kill()
        try await quiet.process.exit()
        let hurried = try await authority(days: 30, "renewal_force: True", "retry_after_timeout: 60")
        try age()
        let replaced = try await identifier()
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.line("renewing a certificate")
            _ = try await gatehouse.log.line("a new certificate is in use")
            let served = try await managed.get("a.test", trusting: certificates.authority)
            #expect(served.text == "here\n", "\(served)")
            _ = try await gatehouse.log.first("two windows") { [log = gatehouse.log] _ in
                log.all.count { $0.contains("the authority says when to renew") } == 2
            }
        }
        #expect(hurried.orders.map { $0["replaces"] as? String } == [replaced], "\(hurried.orders)")
        // What it says of the new one is the same, and yet it is not asked without end.
        let renewed = try managed.status(of: "a.test")
        let issued = try #require(renewed["issued"] as? Int)
        #expect(renewed["nextTry"] as? Int == issued + 3600, "\(renewed)")
    }

    @Test("has no such profile: that is told, with those that it has, and nothing is ordered")
    func profile() async throws {
        let authority = try await authority(days: 30)
        try await Gatehouse.serving(managed.toml(authority.ssl + "\nprofile = \"tlsserver\"")) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("acme.profile") && line.contains("classic, shortlived"), "\(line)")
        }
        #expect(authority.orders.isEmpty)
    }
}
