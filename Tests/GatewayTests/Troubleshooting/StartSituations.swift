import Foundation
import Glibc
import TestSupport
import Testing

/// What keeps the gateway from starting.
extension Situation {
    static let starts = [
        Situation("Address already in use") { row in
            let (other, directory) = try (Upstream.saying("x"), TemporaryDirectory())
            try await expect(row, of: toml("127.0.0.1", other.port), in: directory)
        },
        Situation("Permission denied") { row in
            let directory = try TemporaryDirectory()
            let file = try directory.write("gatehouse.toml", toml("127.0.0.1", 81))
            let command = [Place.gatehouse, "run", "-c", file]
            // Root without the one capability; any other user has it not.
            let outcome =
                getuid() == 0
                ? try await Command.run("setpriv", ["--bounding-set", "-net_bind_service"] + command)
                : try await Command.run(command[0], Array(command.dropFirst()))
            expect(row, outcome)
        },
        Situation("does not belong to the certificate") { row in
            let (certificates, directory) = try (await Certificates.ready(), TemporaryDirectory())
            let ssl = """
                [sites.ssl]
                enabled = true
                cert_file = "\(certificates.certificate("rsa.test"))"
                key_file = "\(certificates.local.key)"
                """
            try await expect(row, of: toml("127.0.0.1", 8443) + ssl, in: directory)
        },
        Situation("bad end line") { row in
            let (certificates, directory) = try (await Certificates.ready(), TemporaryDirectory())
            let certificate = try String(contentsOfFile: certificates.certificate("rsa.test"), encoding: .utf8)
            let joined = try directory.write("joined.crt", String(certificate.dropLast()) + certificate)
            let ssl = """
                [sites.ssl]
                enabled = true
                cert_file = "\(joined)"
                key_file = "\(certificates.local.key)"
                """
            try await expect(row, of: toml("127.0.0.1", 8443) + ssl, in: directory)
        },
        Situation("unknown key") { row in
            let directory = try TemporaryDirectory()
            try await expect(row, of: toml("127.0.0.1", 8080) + "proxy_pass = \"http://127.0.0.1:3000\"\n", in: directory)
        },
    ]

    private static func toml(_ listen: String, _ port: UInt16) -> String {
        "[[sites]]\nhostname = \"localhost\"\nlisten = \"\(listen)\"\nport = \(port)\nstatic_dir = \"/\"\n"
    }

    private static func expect(_ row: TroubleRow, of toml: String, in directory: TemporaryDirectory) async throws {
        let file = try directory.write("gatehouse.toml", toml)
        expect(row, try await Command.run(Place.gatehouse, ["run", "-c", file]))
    }

    private static func expect(_ row: TroubleRow, _ outcome: Command.Outcome) {
        #expect(outcome.code == 1 && outcome.errors.split(separator: "\n").contains { row.matches(String($0)) }, "\(outcome)")
    }
}
