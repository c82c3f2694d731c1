import TestSupport
import Testing

/// Files of authorities that cannot be used: nobody should learn of it from a service that is not believed.
@Suite("Authorities that cannot be read")
struct ServiceAuthorityTests {
    @Test("are an error at the key that names the file", arguments: StrayRevocationTests.places)
    func refused(key: String, top: String, site: String) async throws {
        let directory = try TemporaryDirectory()
        let other = try directory.write("other.pem", "no certificate\n")
        for authorities in [directory.path + "/none.pem", other, directory.path] {
            let outcome = try await StrayRevocationTests.check(authorities, top: top, site: site, in: directory)
            #expect(outcome.code == 1, "\(authorities) \(outcome)")
            let line = outcome.errors.split(separator: "\n").first { $0.contains("error: \(key): ") } ?? ""
            #expect(line.contains("cannot read ") && line.contains(authorities), "\(authorities) \(outcome)")
        }
    }

    /// The key of `[management]` whose file is another one, in which line it is, and what is said of it.
    private static let files: [(key: String, line: Int, file: String, said: String)] = [
        ("cert_file", 5, "none.pem", "none.pem"), ("key_file", 6, "none.pem", "none.pem"),
        ("client_ca_file", 7, "none.pem", "none.pem"), ("client_ca_file", 7, "both.pem", "holds revocation lists, too"),
    ]

    @Test("are told of [management] by their own key, as its other files are, by check and at the start", arguments: files)
    func management(key: String, line: Int, file: String, said: String) async throws {
        let (directory, certificates) = try await (TemporaryDirectory(), Certificates.ready())
        _ = try await StrayRevocationTests.makeAuthority(in: directory)
        var paths = [
            "cert_file": certificates.local.certificate, "key_file": certificates.local.key,
            "client_ca_file": certificates.authority,
        ]
        func write() throws -> String {
            let toml = """
                [management]
                enabled = true
                host = "127.0.0.1"
                port = \(try FreePort())
                cert_file = "\(paths["cert_file"] ?? "")"
                key_file = "\(paths["key_file"] ?? "")"
                client_ca_file = "\(paths["client_ca_file"] ?? "")"
                [[sites]]
                hostname = "a.test"
                listen = "127.0.0.1"
                port = \(try FreePort())
                respond = { body = "hello" }
                """
            return try directory.write("management.toml", toml)
        }
        let right = try await Command.run(Place.gatehouse, ["check", write()])
        #expect(right.code == 0, "\(right)")
        paths[key] = "\(directory.path)/\(file)"
        let wrong = try write()
        for command in [["check", wrong], ["run", "-c", wrong]] {
            let outcome = try await Command.run(
                Place.gatehouse, command, environment: ["RUNTIME_DIRECTORY": directory.path])
            #expect(outcome.code == 1, "\(command) \(outcome)")
            let told = outcome.errors.split(separator: "\n").first { $0.contains("error: management.\(key): ") } ?? ""
            #expect(told.contains("management.toml:\(line):") && told.contains(said), "\(command) \(outcome)")
        }
    }
}
