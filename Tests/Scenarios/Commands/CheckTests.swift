import Foundation
import Glibc
import TestSupport
import Testing

/// What is told of a configuration before it serves: of all that can be judged by then.
@Suite("gatehouse check judges")
struct CheckTests {
    private func check(_ toml: String, in directory: TemporaryDirectory) async throws -> Command.Outcome {
        let file = try directory.write("gatehouse.toml", toml)
        return try await Command.run(Place.gatehouse, ["check", file], environment: ["NO_COLOR": "1"])
    }

    private func site(_ hostname: String, _ rest: String) -> String {
        "[[sites]]\nhostname = \"\(hostname)\"\nport = 8443\nstatic_dir = \".\"\n\(rest)"
    }

    struct Judged: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var days = -1...300
        var names = ["DNS:a.test"]
        var key = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        /// With a colon before it; nil: nothing is said.
        let severity: String?
        let words: [String]
    }

    private static let judged = [
        Judged(testDescription: "a good one", severity: nil, words: []),
        Judged(testDescription: "expired", days: -30 ... -3, severity: "warning", words: [" expired on 2", ", 3 days ago"]),
        Judged(
            testDescription: "not yet valid", days: 4...90, severity: "warning",
            words: ["is not valid before 2", ", in ", " days\n", "clock"]),
        Judged(
            testDescription: "soon to expire", days: -80...10, severity: "warning", words: ["expires on 2", ", in ", " days\n"]),
        Judged(
            testDescription: "of another name", names: ["DNS:b.test", "DNS:*.a.test", "IP:192.0.2.1"], severity: "warning",
            words: ["does not cover \"a.test\": it is for \"b.test\", \"*.a.test\", \"192.0.2.1\""]),
        Judged(
            testDescription: "of no name", names: [], severity: "warning",
            words: ["does not cover \"a.test\": it names no host (subjectAltName)"]),
        Judged(
            testDescription: "with a weak key", key: ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"], severity: "error",
            words: ["its key is too weak: RSA of 1024 bits", "2048"]),
    ]

    @Test("--routes prints the routes in the order in which they are asked")
    func routes() async throws {
        let directory = try TemporaryDirectory()
        let routes = """
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:1"
            [[sites.proxy.routes]]
            path = "/api/"
            upstream = "app"
            strip_prefix = true
            websocket = true
            [[sites.routes]]
            path = "/api/"
            match = { methods = ["GET"], headers = { X-Beta = true } }
            respond = { status = 204 }
            [[sites.routes]]
            path = "/api/deep/"
            redirect = "/x"
            redirect_status = 308
            [[sites.routes]]
            regex = '^/v(\\d+)/'
            upstream = "app"
            rewrite = "/{1}"
            [[sites.routes]]
            exact = "/api/x"
            respond = {}
            """
        let file = try directory.write("gatehouse.toml", site("a.test", routes))
        let outcome = try await Command.run(Place.gatehouse, ["check", "--routes", file], environment: ["NO_COLOR": "1"])
        let lines = outcome.text.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(
            lines == [
                "a.test, port 8443", "route if then", "1 exact /api/x 200", "2 regex ^/v(\\d+)/ app, as /{1}",
                "3 /api/deep/ 308 to /x",
                "4 /api/ GET header x-beta 204", "5 /api/ app, without the prefix, WebSocket",
                "6 everything else files of .", "\(file) is right",
            ], "\(outcome)")
    }

    @Test("takes the file as `gatehouse run` does, too")
    func option() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("gatehouse.toml", site("a.test", ""))
        for (arguments, exit) in [(["-c", file], 0), (["--config", file], 0), (["-c", file, file], 2)] as [([String], Int32)] {
            let outcome = try await Command.run(Place.gatehouse, ["check"] + arguments, environment: ["NO_COLOR": "1"])
            #expect(outcome.exit == .code(exit), "\(outcome)")
            #expect(outcome.text.contains("is right") == (exit == 0))
        }
    }

    @Test("what the plan finds wrong stands at its line")
    func plan() async throws {
        let directory = try TemporaryDirectory()
        let routes = """
            [sites.response_headers.set]
            X-A = "$remote_addr"
            [[sites.routes]]
            regex = '(a)\\1'
            respond = {}
            [[sites.routes]]
            path = "/x"
            redirect = "https://www.a.test{1}"
            [[sites.routes]]
            path = "/y"
            respond = { body = "you are $remote_addr" }
            [sites.forward_auth]
            url = "http://127.0.0.1:9/ask"
            headers = { X-Role = "$role", X-Price = "5 $$" }
            """
        let outcome = try await check(site("a.test", routes), in: directory)
        #expect(outcome.exit == .code(1))
        for words in [
            ":6:7: error: sites[0].response_headers.set.X-A: variables are not spelt with a dollar sign", "write {client_ip};",
            ":8:9: error: sites[0].routes[0].regex: \"(a)\\1\": invalid escape sequence", "the syntax is RE2's",
            ":12:12: error: sites[0].routes[1].redirect: {1} is a group of a regular expression, and the route has none",
            ":15:20: warning: sites[0].routes[2].respond.body: has no variables: $remote_addr is sent as that text",
            "respond.headers has: {client_ip}",
            ":18:22: error: sites[0].forward_auth.headers.X-Role: variables are not replaced here", "a dollar sign itself is $$",
        ] { #expect(outcome.errors.contains(words), "\(words): \(outcome)") }
    }

    @Test("a group that is named as nginx names it is read, or told how it is written")
    func groupName() async throws {
        let directory = try TemporaryDirectory()
        let routes = "[[sites.routes]]\nregex = '^/u/(?<id>\\d+)$'\nredirect = \"/users/{id}\"\n"
        let outcome = try await check(site("a.test", routes), in: directory)
        // RE2 of 2023 and later reads it.
        #expect(outcome.exit == .code(0) || outcome.errors.contains("a group's name is written (?P<name>…)"), "\(outcome)")
    }

    @Test("a certificate: ", arguments: judged)
    func certificate(_ judged: Judged) async throws {
        let directory = try TemporaryDirectory()
        let made = try await MadeCertificate.make(
            "leaf", in: directory, days: judged.days, names: judged.names, key: judged.key)
        let outcome = try await check(site("a.test", made.ssl), in: directory)
        #expect(outcome.exit == .code(judged.severity == "error" ? 1 : 0), "\(outcome)")
        guard let severity = judged.severity else {
            #expect(outcome.errors.isEmpty, "\(outcome)")
            return
        }
        #expect(
            outcome.errors.contains("gatehouse.toml:7:13: \(severity): sites[0].ssl.cert_file: \(made.file): "), "\(outcome)")
        for words in judged.words { #expect(outcome.errors.contains(words), "\(words): \(outcome)") }
    }

    @Test("a certificate that clients refuse keeps no site from being served; it is told at the start, too")
    func expiredStarts() async throws {
        let directory = try TemporaryDirectory()
        let made = try await MadeCertificate.make("leaf", in: directory, days: -30 ... -3, names: ["DNS:localhost"])
        let port = try FreePort()
        let toml = Sites.proxy(port, to: "http://127.0.0.1:1", ssl: made.ssl)
        try await Gatehouse.serving(toml) { gatehouse in
            #expect(gatehouse.log.all.contains { $0.contains("warning: sites[0].ssl.cert_file: ") && $0.contains("3 days ago") })
            let answer = try await Command.curl(["-k", "-o", "/dev/null", "-w", "%{http_code}", "https://localhost:\(port)/"])
            #expect(answer.text == "502", "\(answer)")
        }
    }

    @Test("the names that a certificate covers, one by one")
    func names() async throws {
        let directory = try TemporaryDirectory()
        let made = try await MadeCertificate.make(
            "leaf", in: directory, names: ["DNS:A.test", "DNS:*.b.test", "IP:192.0.2.1", "IP:2001:db8::1"])
        let names = #"hostnames = ["x.b.test", "*.b.test", "192.0.2.1", "b.test", "x.y.b.test", "*.a.test"]"# + "\n"
        let outcome = try await check(site("a.test", names + made.ssl), in: directory)
        #expect(outcome.errors.contains("does not cover \"b.test\", \"x.y.b.test\", \"*.a.test\": it is for"), "\(outcome)")
    }

    // MARK: Chains

    private func authority(
        _ name: String, in directory: TemporaryDirectory, by issuer: MadeCertificate? = nil, days: ClosedRange<Int> = -1...300
    ) async throws -> MadeCertificate {
        try await MadeCertificate.make(
            name, in: directory, days: days, issuer: issuer, extensions: ["basicConstraints = critical,CA:TRUE"])
    }

    @Test(
        "a chain without its intermediate is told: as a warning where the issuer publishes its own, else as a note",
        arguments: [true, false])
    func incompleteChain(isPublished: Bool) async throws {
        let directory = try TemporaryDirectory()
        let root = try await authority("root", in: directory)
        let intermediate = try await authority("intermediate", in: directory, by: root)
        let leaf = try await MadeCertificate.make(
            "leaf", in: directory, names: ["DNS:a.test"], issuer: intermediate,
            extensions: isPublished ? ["authorityInfoAccess = caIssuers;URI:http://ca.test/intermediate.crt"] : [])
        let alone = try await check(site("a.test", leaf.ssl), in: directory)
        #expect(alone.exit == .code(0))
        let severity = isPublished ? "warning" : "note"
        #expect(alone.errors.contains("\(severity): sites[0].ssl.cert_file: \(leaf.file): "), "\(alone)")
        #expect(alone.errors.contains("issuer, \"intermediate\""), "\(alone)")
        #expect(alone.errors.contains("0 errors, 1 warning") == isPublished, "\(alone)")
        // Behind the leaf, and then a root that is in the file: nothing is missing.
        let whole = try [leaf, intermediate, root].map { try String(contentsOfFile: $0.file, encoding: .utf8) }.joined()
        try directory.write("leaf.crt", whole)
        let outcome = try await check(site("a.test", leaf.ssl), in: directory)
        #expect(outcome.exit == .code(0) && outcome.errors.isEmpty, "\(outcome)")
    }

    @Test("a byte-order mark is passed over, in the configuration and in the PEM files that it names")
    func byteOrderMark() async throws {
        let (certificates, directory) = try await (Certificates.ready(), TemporaryDirectory())
        let (certificate, key) = certificates.local
        for (name, file) in [("crt", certificate), ("key", key), ("ca", certificates.authority)] {
            try directory.write(name, "\u{FEFF}" + String(contentsOfFile: file, encoding: .utf8))
        }
        let ssl = """
            [sites.ssl]
            enabled = true
            cert_file = "\(directory.path)/crt"
            key_file = "\(directory.path)/key"
            client_auth = "require"
            client_ca_file = "\(directory.path)/ca"
            """
        let outcome = try await check("\u{FEFF}" + site("localhost", ssl), in: directory)
        #expect(outcome.code == 0, "\(outcome)")
    }

    @Test("a certificate of several sites is noted once")
    func noted() async throws {
        let directory = try TemporaryDirectory()
        let root = try await authority("root", in: directory)
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test", "DNS:b.test"], issuer: root)
        let outcome = try await check(site("a.test", leaf.ssl) + site("b.test", leaf.ssl), in: directory)
        #expect(outcome.exit == .code(0), "\(outcome)")
        #expect(outcome.errors.components(separatedBy: "this system does not know its issuer").count == 2, "\(outcome)")
    }

    @Test("a certificate behind the leaf that has expired is told by its name")
    func expiredIntermediate() async throws {
        let directory = try TemporaryDirectory()
        let root = try await authority("root", in: directory)
        let intermediate = try await authority("old authority", in: directory, by: root, days: -90 ... -2)
        let leaf = try await MadeCertificate.make("leaf", in: directory, names: ["DNS:a.test"], issuer: intermediate)
        let whole = try [leaf, intermediate, root].map { try String(contentsOfFile: $0.file, encoding: .utf8) }.joined()
        try directory.write("leaf.crt", whole)
        let outcome = try await check(site("a.test", leaf.ssl), in: directory)
        #expect(outcome.errors.contains("the certificate of \"old authority\" in it expired on "), "\(outcome)")
    }

    // MARK: Files

    @Test("a missing key beside a missing certificate, each with its path once")
    func bothMissing() async throws {
        let directory = try TemporaryDirectory()
        let ssl = "[sites.ssl]\nenabled = true\ncert_file = \"none.crt\"\nkey_file = \"none.key\"\n"
        let outcome = try await check(site("a.test", ssl), in: directory)
        #expect(outcome.exit == .code(1))
        let lines = outcome.errors.split(separator: "\n")
        for (place, key, file) in [("7:13", "cert_file", "none.crt"), ("8:12", "key_file", "none.key")] {
            let line = "gatehouse.toml:\(place): error: sites[0].ssl.\(key): \(file): No such file or directory"
            #expect(lines.contains { $0.hasSuffix(line) }, "\(outcome)")
        }
        #expect(outcome.errors.contains("2 errors, 0 warnings"), "\(outcome)")
    }

    @Test("an upstream's TLS files, each at its own key")
    func upstreamFiles() async throws {
        let directory = try TemporaryDirectory()
        let made = try await MadeCertificate.make("client", in: directory, days: -30 ... -3)
        let keys = """
            ca_file = "\(made.file)"
            client_cert_file = "\(made.file)"
            client_key_file = "none.key"
            """
        func toml(_ keys: String) throws -> String { Sites.proxy(try FreePort(), to: "https://app.test", upstream: keys) }
        let broken = try await check(try toml(keys), in: directory)
        #expect(broken.exit == .code(1))
        #expect(broken.errors.contains("error: sites[0].proxy.upstreams[0].client_key_file: "), "\(broken)")
        let expired = try await check(try toml(keys.replacing("none.key", with: made.keyFile)), in: directory)
        #expect(expired.exit == .code(0))
        #expect(
            expired.errors.contains("warning: sites[0].proxy.upstreams[0].client_cert_file: \(made.file): expired on"),
            "\(expired)")
    }

    @Test(
        "a certificate that is not for what it is shown for, as those of public authorities are not for clients",
        arguments: [
            ("extendedKeyUsage = serverAuth", [false, true]), ("extendedKeyUsage = clientAuth", [true, false]),
            ("extendedKeyUsage = serverAuth, clientAuth", [false, false]), ("keyUsage = keyCertSign", [true, true]),
            ("keyUsage = digitalSignature", [false, false]), ("keyUsage = keyEncipherment", [true, true]),
        ])
    func purpose(line: String, isUnfit: [Bool]) async throws {
        let directory = try TemporaryDirectory()
        let made = try await MadeCertificate.make("made", in: directory, names: ["DNS:localhost"], extensions: [line])
        let keys = "client_cert_file = \"\(made.file)\"\nclient_key_file = \"\(made.keyFile)\"\n"
        let toml = Sites.proxy(try FreePort(), to: "https://app.test", upstream: keys, ssl: made.ssl)
        let outcome = try await check(toml, in: directory)
        #expect(outcome.exit == .code(0), "\(outcome)")
        let server = "warning: sites[0].ssl.cert_file: \(made.file): it is not for servers"
        let client = "warning: sites[0].proxy.upstreams[0].client_cert_file: \(made.file): it is not for clients"
        #expect([server, client].map { outcome.errors.contains($0) } == isUnfit, "\(outcome)")
    }

    @Test(
        "a certificate without a subject whose subjectAltName is not critical, which some clients refuse",
        arguments: [("/", "", true), ("/", "critical,", false), ("/CN=localhost", "", false)])
    func subject(subject: String, mark: String, isTold: Bool) async throws {
        let directory = try TemporaryDirectory()
        let (file, key) = ("\(directory.path)/made.crt", "\(directory.path)/made.key")
        let made = try await Command.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "100", "-subj",
                subject,
                "-addext", "subjectAltName=\(mark)DNS:localhost", "-keyout", key, "-out", file,
            ])
        #expect(made.exit == .code(0), "\(made)")
        let ssl = "[sites.ssl]\nenabled = true\ncert_file = \"\(file)\"\nkey_file = \"\(key)\"\n"
        let outcome = try await check(Sites.proxy(try FreePort(), to: "https://app.test", ssl: ssl), in: directory)
        #expect(outcome.exit == .code(0), "\(outcome)")
        let said = "warning: sites[0].ssl.cert_file: \(file): it has no subject, and its subjectAltName is not critical"
        #expect(outcome.errors.contains(said) == isTold, "\(outcome)")
    }

    @Test(
        "logs that cannot be opened, without making them",
        arguments: [
            ("missing/access.log", "No such file or directory", "help: the directory "), (".", "Is a directory", "1 error"),
            ("file/access.log", "Not a directory", "help: the directory "), ("access.log", nil, ""),
        ] as [(String, String?, String)])
    func logs(path: String, reason: String?, hint: String) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("file", "")
        let path = "\(directory.path)/\(path)"
        for key in ["access_log", "error_log"] {
            let outcome = try await check("[logging]\n\(key) = \"\(path)\"\n" + site("a.test", ""), in: directory)
            #expect(outcome.exit == .code(reason == nil ? 0 : 1), "\(outcome)")
            guard let reason else {
                #expect(!FileManager.default.fileExists(atPath: path))
                continue
            }
            let line = "gatehouse.toml:2:\(key.count + 4): error: logging.\(key): cannot open \(path): \(reason)"
            #expect(outcome.errors.contains(line) && outcome.errors.contains(hint), "\(outcome)")
        }
    }

    @Test("error pages: files that cannot be read, statuses that are never answered, and a site without files")
    func errorPages() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("public/404.html", "lost")
        let pages = "[sites.error_pages]\n404 = \"404.html\"\n502 = \"none.html\"\n402 = \"404.html\"\n"
        let base = "[[sites]]\nhostname = \"a.test\"\nport = 8080\n"
        let outcome = try await check(base + "static_dir = \"\(directory.path)/public\"\n" + pages, in: directory)
        #expect(outcome.exit == .code(0))
        let lines = outcome.errors.split(separator: "\n")
        #expect(
            lines.contains { $0.hasSuffix(":7:7: warning: sites[0].error_pages.502: none.html: No such file or directory") },
            "\(outcome)")
        #expect(
            lines.contains { $0.contains(":8:7: warning: sites[0].error_pages.402: Gatehouse gives no answer") }, "\(outcome)")
        #expect(outcome.errors.contains("0 errors, 2 warnings"), "\(outcome)")
        let answering = "[[sites.routes]]\npath = \"/paid/\"\nrespond = { status = 402 }\n"
        let fixed = try await check(
            base + "static_dir = \"\(directory.path)/public\"\n" + pages + answering, in: directory)
        #expect(!fixed.errors.contains("error_pages.402"), "\(fixed)")
        let without = try await check(base + "redirect_to_https = true\n" + pages, in: directory)
        #expect(without.exit == .code(1) && without.errors.contains("error: sites[0].error_pages: "), "\(without)")
    }

    @Test("a missing static_dir: its path once, and what to do")
    func staticDirectory() async throws {
        let directory = try TemporaryDirectory()
        let path = "\(directory.path)/none"
        let outcome = try await check(
            "[[sites]]\nhostname = \"a.test\"\nport = 8080\nstatic_dir = \"\(path)\"\n", in: directory)
        #expect(outcome.exit == .code(1))
        #expect(
            outcome.errors.contains("gatehouse.toml:4:14: error: sites[0].static_dir: \(path): No such file or directory\n"),
            "\(outcome)")
        #expect(outcome.errors.contains("help: make the directory"), "\(outcome)")
    }

    @Test("listeners as one writes them", arguments: [("::", "[::]:8080"), ("0.0.0.0", "0.0.0.0:8080"), ("::1", "[::1]:8080")])
    func listeners(listen: String, shown: String) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await check(
            "[[sites]]\nhostname = \"a.test\"\nlisten = \"\(listen)\"\nport = 8080\nstatic_dir = \".\"\n", in: directory)
        #expect(outcome.exit == .code(0) && outcome.text.contains("http \(shown)  a.test"), "\(outcome)")
    }
}
