import Foundation
import TestSupport
import Testing

/// `ocsp_stapling` and `ocsp_responder` of `[sites.ssl]`.
@Suite("OCSP stapling")
struct OCSPStaplingTests {
    /// An authority, a certificate of it with the chain in its file, and where answers are kept.
    private struct Bench {
        let directory: TemporaryDirectory
        let authority: MadeCertificate
        let leaf: MadeCertificate
        let port: FreePort

        /// - Parameter extensions: of the certificate.
        init(_ extensions: [String] = []) async throws {
            (directory, port) = (try TemporaryDirectory(), try FreePort())
            authority = try await MadeCertificate.make(
                "authority", in: directory, extensions: ["basicConstraints = critical,CA:true"])
            leaf = try await MadeCertificate.make(
                "a.test", in: directory, names: ["DNS:a.test"], issuer: authority, extensions: extensions)
            let chain = try [leaf, authority].map { try String(contentsOfFile: $0.file, encoding: .utf8) }
            try directory.write("a.test.crt", chain.joined())
        }

        var state: String { directory.path + "/state" }

        func toml(_ ssl: String = "", records: RecordMode = .own) -> String {
            """
            \(records.toml)
            [server]
            state_dir = "\(state)"
            [[sites]]
            hostname = "a.test"
            port = \(port)
            respond = { body = "hello" }
            \(leaf.ssl)
            \(ssl)
            """
        }

        /// `openssl ocsp` as a server, which reads the authority's index.
        func responder(revoked: Bool = false) async throws -> (process: ChildProcess, port: String) {
            let serial = try await Command.run("openssl", ["x509", "-in", leaf.file, "-noout", "-serial"]).text
                .trimmingCharacters(in: .whitespacesAndNewlines).dropFirst("serial=".count)
            let kind = revoked ? "R\t401231235959Z\t261101000000Z,keyCompromise" : "V\t401231235959Z\t"
            let index = try directory.write("ocsp.index", "\(kind)\t\(serial)\tunknown\t/CN=a.test\n")
            let process = try ChildProcess(
                "openssl",
                [
                    "ocsp", "-port", "0", "-index", index, "-CA", authority.file, "-rsigner", authority.file, "-rkey",
                    authority.keyFile, "-nmin", "60", "-ignore_err",
                ])
            let line = try await process.output.first("the responder's port") { $0.hasPrefix("ACCEPT ") }
            let port = try #require(line.split(separator: " ")[1].split(separator: ":").last)
            return (process, String(port))
        }

        /// The peer that answers as its path says.
        func spoiling(seconds: Int = 3600) async throws -> (process: ChildProcess, port: String) {
            let process = try ChildProcess(
                Place.pythonWithLibraries,
                [Place.peer("ocsp_responder.py"), authority.file, authority.keyFile, "\(seconds)"])
            return (process, try await process.output.first("the responder's port") { Int($0) != nil })
        }

        /// What a client that asks is shown.
        func shown(_ arguments: [String] = ["-tls1_3"], of name: String = "a.test") async throws -> String {
            let outcome = try await Command.sClient(
                port, ["-status", "-servername", name, "-CAfile", authority.file] + arguments)
            #expect(outcome.code == 0, "\(outcome)")
            return outcome.text
        }

        func check(_ toml: String) async throws -> Command.Outcome {
            try await Command.run(Place.gatehouse, ["check", try directory.write("check.toml", toml)])
        }
    }

    private static let none = "OCSP response: no response sent"
    private static let good = "Cert Status: good"

    @Test(
        "what openssl ocsp answers is shown to openssl s_client -status, over each version, and kept",
        arguments: RecordMode.allCases)
    func stapled(records: RecordMode) async throws {
        let bench = try await Bench()
        let responder = try await bench.responder()
        defer { responder.process.kill() }
        let toml = bench.toml("ocsp_stapling = true\nocsp_responder = \"http://127.0.0.1:\(responder.port)\"", records: records)
        let before = try await bench.check(toml)
        #expect(
            before.code == 0 && before.text.contains("OCSP stapling of \(bench.leaf.file): from http://127.0.0.1"), "\(before)")
        #expect(before.text.contains("asked for at the start"), "\(before)")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
            for version in ["-tls1_2", "-tls1_3"] {
                let shown = try await bench.shown([version])
                #expect(shown.contains(Self.good), "\(shown)")
            }
            // Who does not ask is shown none.
            let silent = try await Command.sClient(bench.port, ["-servername", "a.test"])
            #expect(!silent.text.contains("OCSP"), "\(silent)")
        }
        // The next start needs no responder.
        responder.process.kill()
        _ = try await responder.process.exit()
        #expect(try await bench.check(toml).text.contains("an answer is there until 20"))
        try await Gatehouse.serving(toml) { gatehouse async throws in
            #expect(try await bench.shown().contains(Self.good))
            #expect(!gatehouse.log.all.contains { $0.contains("OCSP") })
        }
    }

    @Test("a certificate that the responder calls revoked is told, and not covered up by the answer of before")
    func revoked() async throws {
        let bench = try await Bench()
        let good = try await bench.responder()
        defer { good.process.kill() }
        try await Gatehouse.serving(bench.toml("ocsp_responder = \"http://127.0.0.1:\(good.port)\"")) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
        }
        let kept = try #require(try FileManager.default.contentsOfDirectory(atPath: bench.state + "/ocsp").first)
        try FileManager.default.removeItem(atPath: bench.state + "/ocsp/" + kept)
        let bad = try await bench.responder(revoked: true)
        defer { bad.process.kill() }
        try await Gatehouse.serving(bench.toml("ocsp_responder = \"http://127.0.0.1:\(bad.port)\"")) { gatehouse in
            let line = try await gatehouse.log.first("why") { $0.contains("no new OCSP answer") }
            #expect(line.contains("the certificate is revoked"), "\(line)")
            #expect(try await bench.shown().contains(Self.none))
        }
    }

    @Test("nor by any other site that has the certificate, nor by that answer once more, nor after a restart")
    func keptBeforeRevoked() async throws {
        let bench = try await Bench()
        // The second question comes after some ten seconds.
        let responder = try await bench.spoiling(seconds: 80)
        defer { responder.process.kill() }
        let ssl = "ocsp_responder = \"http://127.0.0.1:\(responder.port)/turning\""
        let toml = """
            \(bench.toml(ssl))
            [[sites]]
            hostname = "b.test"
            port = \(bench.port)
            respond = { body = "hello" }
            \(bench.leaf.ssl)
            \(ssl)
            """
        func expect(_ words: String) async throws {
            for name in ["a.test", "b.test"] { #expect(try await bench.shown(of: name).contains(words), "\(name)") }
        }
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
            try await expect(Self.good)
            _ = try await gatehouse.log.first("why") { $0.contains("the certificate is revoked") }
            try await expect(Self.none)
            _ = try await gatehouse.log.first("why") { $0.contains("older than the one that calls the certificate revoked") }
            try await expect(Self.none)
        }
        try await Gatehouse.serving(toml) { _ async throws in try await expect(Self.none) }
    }

    @Test("nor after a restart, when the answer of before comes from the network once more")
    func revokedBeforeRestart() async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling(seconds: 80)
        defer { responder.process.kill() }
        let toml = bench.toml("ocsp_responder = \"http://127.0.0.1:\(responder.port)/replayed\"")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("why") { $0.contains("the certificate is revoked") }
        }
        #expect(try await bench.check(toml).text.contains("which has called it revoked on 20"))
        try await Gatehouse.serving(toml) { gatehouse in
            let line = try await gatehouse.log.first("what becomes of it") { $0.contains("new OCSP answer") }
            #expect(line.contains("older than the one that calls the certificate revoked"), "\(line)")
            #expect(try await bench.shown().contains(Self.none))
        }
    }

    @Test("an older answer that calls it revoked does not take the place of the newer one on the disk")
    func olderRevocation() async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling(seconds: 80)
        defer { responder.process.kill() }
        let toml = bench.toml("ocsp_responder = \"http://127.0.0.1:\(responder.port)/aged\"")
        var kept: [Data] = []
        for _ in 0..<2 {
            try await Gatehouse.serving(toml) { gatehouse in
                _ = try await gatehouse.log.first("why") { $0.contains("the certificate is revoked") }
            }
            let name = try #require(try FileManager.default.contentsOfDirectory(atPath: bench.state + "/ocsp").first)
            kept.append(try Data(contentsOf: URL(filePath: bench.state + "/ocsp/" + name)))
        }
        #expect(responder.process.output.all.count { $0 == "aged" } >= 2)
        #expect(kept[0] == kept[1])
    }

    /// By the kind of answer, why it is not used.
    private static let refusals = [
        ("another", "about another certificate"), ("expired", "it has expired"), ("future", "from the future"),
        ("stranger", "not signed by"), ("poser", "not signed by"), ("unnamed", "not signed by"), ("lapsed", "not signed by"),
        ("unknown", "does not know the certificate"), ("revoked", "the certificate is revoked"),
        ("tryLater", "try later"), ("unauthorized", "unauthorized"), ("garbage", "no OCSP response"),
        ("trailing", "no OCSP response"), ("cut", "no OCSP response"), ("empty", "no OCSP response"),
        ("large", "body is too large"), ("unavailable", "answers 503"),
    ]

    @Test("an answer that proves nothing is not shown, and the log says why", arguments: refusals)
    func refused(kind: String, reason: String) async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling()
        defer { responder.process.kill() }
        let url = "http://127.0.0.1:\(responder.port)/\(kind)"
        try await Gatehouse.serving(bench.toml("ocsp_responder = \"\(url)\"")) { gatehouse in
            let line = try await gatehouse.log.first("why") { $0.contains("no new OCSP answer") }
            #expect(line.contains(reason) && line.contains(url) && line.contains("warning"), "\(line)")
            #expect(try await bench.shown().contains(Self.none))
        }
    }

    @Test(
        "an answer of a responder that the issuer has named is shown, and one without an end, too",
        arguments: ["delegated", "undated"])
    func taken(kind: String) async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling()
        defer { responder.process.kill() }
        try await Gatehouse.serving(bench.toml("ocsp_responder = \"http://127.0.0.1:\(responder.port)/\(kind)\"")) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
            #expect(try await bench.shown().contains(Self.good))
        }
    }

    @Test("a responder that is silent keeps no handshake waiting, nor the end")
    func silent() async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling()
        defer { responder.process.kill() }
        try await Gatehouse.serving(bench.toml("ocsp_responder = \"http://127.0.0.1:\(responder.port)/silent\"")) { _ in
            _ = try await responder.process.output.first("the question") { $0 == "silent" }
            #expect(try await bench.shown().contains(Self.none))
        }
    }

    @Test("a responder that is silent keeps no other certificate waiting for its answer")
    func silentBesideOthers() async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling()
        defer { responder.process.kill() }
        func ssl(_ kind: String) -> String { "ocsp_responder = \"http://127.0.0.1:\(responder.port)/\(kind)\"" }
        var toml = bench.toml(ssl("good"))
        for number in 1...4 {
            let name = "silent\(number).test"
            let leaf = try await MadeCertificate.make(
                name, in: bench.directory, names: ["DNS:\(name)"], issuer: bench.authority)
            let chain = try [leaf, bench.authority].map { try String(contentsOfFile: $0.file, encoding: .utf8) }
            try bench.directory.write("\(name).crt", chain.joined())
            toml += """

                [[sites]]
                hostname = "\(name)"
                port = \(bench.port)
                respond = { body = "hello" }
                \(leaf.ssl)
                \(ssl("silent"))
                """
        }
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
            #expect(try await bench.shown().contains(Self.good))
            #expect(!gatehouse.log.all.contains { $0.contains("no new OCSP answer") }, "the silent ones are still awaited")
            // All five have been asked by then, or soon.
            try await responder.process.output.until { asked in asked.count { $0 == "silent" } >= 4 }
        }
    }

    @Test("what is kept is judged anew: a spoiled file is not shown, and not said to be there")
    func spoiledFile() async throws {
        let bench = try await Bench()
        let responder = try await bench.spoiling()
        defer { responder.process.kill() }
        let toml = bench.toml("ocsp_responder = \"http://127.0.0.1:\(responder.port)/good\"")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
        }
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: bench.state + "/ocsp").first)
        let file = bench.state + "/ocsp/" + name
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
        #expect(try await bench.check(toml).text.contains("an answer is there"))
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: file))
        #expect(try await bench.check(toml).text.contains("asked for at the start"))
    }

    @Test("a must-staple certificate is stapled without being told, by the responder that it names; gnutls-cli insists on it")
    func mustStaple() async throws {
        let first = try await Bench()
        let responder = try await first.spoiling()
        defer { responder.process.kill() }
        // One whose certificate names the responder, of the authority that it knows.
        let directory = first.directory
        let url = "http://127.0.0.1:\(responder.port)/good"
        let leaf = try await MadeCertificate.make(
            "m.test", in: directory, names: ["DNS:m.test"], issuer: first.authority,
            extensions: ["tlsfeature = status_request", "authorityInfoAccess = OCSP;URI:\(url)"])
        let chain = try [leaf, first.authority].map { try String(contentsOfFile: $0.file, encoding: .utf8) }
        try directory.write("m.test.crt", chain.joined())
        let port = try FreePort()
        func toml(_ ssl: String) -> String {
            """
            [server]
            state_dir = "\(first.state)"
            [[sites]]
            hostname = "m.test"
            port = \(port)
            respond = { body = "hello" }
            \(leaf.ssl)
            \(ssl)
            """
        }
        let gnutls = [
            "-c",
            "gnutls-cli --x509cafile \(first.authority.file) --sni-hostname m.test --verify-hostname m.test "
                + "-p \(port) 127.0.0.1 </dev/null",
        ]
        try await Gatehouse.serving(toml("")) { gatehouse in
            _ = try await gatehouse.log.first("an answer") { $0.contains("a new OCSP answer is in use") }
            let outcome = try await Command.run("sh", gnutls)
            #expect(outcome.text.contains("Handshake was completed"), "\(outcome)")
        }
        let off = try await first.check(toml("ocsp_stapling = false"))
        #expect(off.code == 1 && off.errors.contains("sites[0].ssl.ocsp_stapling") && off.errors.contains("RFC 7633"), "\(off)")
        // Without any answer clients refuse it, and that is an error in the log.
        try FileManager.default.removeItem(atPath: first.state + "/ocsp")
        try await Gatehouse.serving(toml("ocsp_responder = \"http://127.0.0.1:\(responder.port)/tryLater\"")) { gatehouse in
            let line = try await gatehouse.log.first("why") { $0.contains("no new OCSP answer") }
            #expect(line.contains("error") && line.contains("must-staple"), "\(line)")
            let outcome = try await Command.run("sh", gnutls)
            #expect(!outcome.text.contains("Handshake was completed"), "\(outcome)")
        }
    }

    @Test("what cannot be stapled is an error with its place")
    func flaws() async throws {
        let bench = try await Bench()
        for (ssl, key, words) in [
            ("ocsp_stapling = true", "ocsp_stapling", "it names no OCSP responder"),
            ("ocsp_stapling = true\nocsp_responder = \"ldap://x\"", "ocsp_responder", "no http or https URL"),
            ("ocsp_stapling = false\nocsp_responder = \"http://x/\"", "ocsp_responder", "is not asked"),
        ] {
            let outcome = try await bench.check(bench.toml(ssl))
            #expect(
                outcome.code == 1 && outcome.errors.contains("sites[0].ssl.\(key)") && outcome.errors.contains(words),
                "\(outcome)")
        }
        // The chain without the issuer.
        let whole = try String(contentsOfFile: bench.leaf.file, encoding: .utf8)
        let end = try #require(whole.range(of: "-----END CERTIFICATE-----\n"))
        try bench.directory.write("a.test.crt", String(whole[..<end.upperBound]))
        let outcome = try await bench.check(bench.toml("ocsp_stapling = true\nocsp_responder = \"http://127.0.0.1:1/\""))
        #expect(outcome.code == 1 && outcome.errors.contains("its issuer's certificate is not in the file"), "\(outcome)")
    }
}
