import Foundation
import TestSupport
import Testing

/// What `send_proxy = "v2"` tells an HTTP upstream of its client's certificate.
@Suite("send_proxy and client certificates")
struct SendProxyCertificateTests {
    /// PP2_TYPE_SSL of a header: its flags, whether it was verified, and the common name.
    private struct Told: Sendable, Equatable, CustomStringConvertible {
        var flags: UInt8
        var verify: UInt8
        var commonName: String?

        var description: String { "\(flags) \(verify) \(commonName ?? "-")" }
    }

    /// Reads the header at the beginning of a connection (proxy-protocol.txt, 2.2).
    private static func readTold(_ wire: Wire) throws -> Told? {
        let head = try wire.read(16).map { Int($0) }
        let content = try wire.read(head[14] << 8 | head[15])
        var place = 12
        while place + 3 <= content.count {
            let (type, length) = (content[place], Int(content[place + 1]) << 8 | Int(content[place + 2]))
            let value = Array(content[(place + 3)..<(place + 3 + length)])
            place += 3 + length
            guard type == 0x20 else { continue }
            var told = Told(flags: value[0], verify: value[4], commonName: nil)
            var inner = 5
            while inner + 3 <= value.count {
                let size = Int(value[inner + 1]) << 8 | Int(value[inner + 2])
                if value[inner] == 0x22 {
                    told.commonName = String(decoding: value[(inner + 3)..<(inner + 3 + size)], as: UTF8.self)
                }
                inner += 3 + size
            }
            return told
        }
        return nil
    }

    @Test("its common name, and whether it came by this connection; nobody's is not verified", arguments: RecordMode.allCases)
    func told(records: RecordMode) async throws {
        let (certificates, directory, port) = try await (Certificates.ready(), TemporaryDirectory(), FreePort())
        let authority = ["basicConstraints = critical,CA:TRUE", "keyUsage = critical,keyCertSign,cRLSign"]
        let root = try await MadeCertificate.make("root", in: directory, extensions: authority)
        let alice = try await MadeCertificate.make(
            "alice", in: directory, issuer: root, extensions: ["extendedKeyUsage = clientAuth"])
        let headers = Journal<Told>("the upstream's headers")
        let upstream = try Upstream { upstream, wire in
            if let told = try Self.readTold(wire) { headers.append(told) }
            try upstream.serve(wire) { Upstream.ok("in", to: $0) }
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", upstream: "send_proxy = \"v2\"",
            ssl: certificates.ssl() + "\nclient_auth = \"optional\"\nclient_ca_file = \"\(root.file)\"", top: records.toml)
        try await Gatehouse.serving(toml) { _ in
            let ticket = directory.path + "/ticket"
            let client = [
                "-connect", "127.0.0.1:\(port)", "-servername", "localhost", "-CAfile", certificates.authority, "-ign_eof",
            ]
            let shown = ["-cert", alice.file, "-key", alice.keyFile]
            let request = "printf 'GET / HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n'"
            for (options, told) in [
                (shown + ["-sess_out", ticket], Told(flags: 7, verify: 0, commonName: "alice")),
                (shown + ["-sess_in", ticket], Told(flags: 5, verify: 0, commonName: "alice")),
                ([], Told(flags: 1, verify: 1, commonName: nil)),
            ] {
                let before = headers.all.count
                let outcome = try await Command.run(
                    "sh", ["-c", "\(request) | openssl s_client \"$@\"", "sh"] + client + options)
                #expect(outcome.text.contains("200 OK"), "\(outcome)")
                #expect(headers.all.dropFirst(before) == [told])
            }
        }
    }
}
