import Foundation
import TestSupport
import Testing

@Suite("The command line")
struct CommandTests {
    private func gatehouse(_ arguments: String...) async throws -> Command.Outcome {
        try await Command.run(Place.gatehouse, arguments, environment: ["NO_COLOR": "1"])
    }

    @Test("--help teaches, with exit code 0")
    func help() async throws {
        let outcome = try await gatehouse("--help")
        #expect(outcome.exit == .code(0))
        for word in ["gatehouse demo", "gatehouse check", "gatehouse run -c", "gatehouse ./public", "Exit codes: 0"] {
            #expect(outcome.text.contains(word), "\(word)")
        }
        #expect(try await gatehouse("--version").exit == .code(0))
    }

    @Test(
        "wrong usage is exit code 2, with words",
        arguments: [
            ["--bogus"], ["check", "a.toml", "-c", "b.toml"], ["run", "--workers", "0"], ["run", "--workers", "many"],
            ["run", "-c", "a.toml", "directory"], ["run", "-c", "a.toml", "--port", "8443"], [".", "--dry-run"],
            [".", "--watch"],
        ])
    func usage(arguments: [String]) async throws {
        let outcome = try await Command.run(Place.gatehouse, arguments)
        #expect(outcome.exit == .code(2), "\(outcome)")
        #expect(outcome.errors.contains("Usage: gatehouse"), "\(outcome)")
    }

    @Test(
        "a command that is told of no configuration, where there is none, says how to name one",
        arguments: [
            [], ["run"], ["check"], ["certs"], ["certs", "--dry-run", "a.test"], ["doctor"], ["explain", "https://a.test/"],
            ["trust"], ["tls", "probe", "--upstream", "app"], ["fleet"], ["fleet", "push"], ["fleet", "diff"],
        ])
    func noConfiguration(arguments: [String]) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await Command.run(Place.gatehouse, arguments, directory: directory.path)
        #expect(outcome.exit == .code(2), "\(outcome)")
        let words = "there is neither gatehouse.toml nor config.toml here: name one with -c"
        #expect(outcome.errors.contains(words), "\(outcome)")
    }

    @Test(
        "a command that is told of no configuration takes gatehouse.toml, and config.toml where that is not there",
        arguments: [
            ["run", "--dry-run"], ["check"], ["certs"], ["doctor"], ["explain", "https://a.test/"],
            ["tls", "probe", "--upstream", "app"], ["fleet"], ["fleet", "push"], ["fleet", "diff"],
        ])
    func defaultConfiguration(arguments: [String]) async throws {
        let directory = try TemporaryDirectory()
        // A link to itself: whoever reads it says which one it is.
        for name in ["config.toml", "gatehouse.toml"] {
            try FileManager.default.createSymbolicLink(atPath: directory.path + "/" + name, withDestinationPath: name)
            let outcome = try await Command.run(Place.gatehouse, arguments, directory: directory.path)
            let said = outcome.text + outcome.errors
            #expect(outcome.exit == .code(1) && said.contains(name), "\(outcome)")
            #expect(name == "config.toml" || !said.contains("config.toml"), "\(outcome)")
        }
    }

    @Test("check says which file it has taken")
    func checkedDefault() async throws {
        let directory = try TemporaryDirectory()
        for name in ["config.toml", "gatehouse.toml"] {
            try directory.write(name, "[[sites]]\nhostname = \"a.test\"\nport = 8080\nstatic_dir = \".\"\n")
            let outcome = try await Command.run(Place.gatehouse, ["check"], directory: directory.path)
            #expect(outcome.exit == .code(0) && outcome.text.contains("\(name) is right"), "\(outcome)")
        }
    }

    @Test("of a config.toml that is there and cannot be read it is told why", arguments: ["run", "certs", "doctor"])
    func unreadableConfiguration(command: String) async throws {
        let directory = try TemporaryDirectory()
        // Whatever a file's rights are, root may read it; a link to itself nobody can follow.
        try FileManager.default.createSymbolicLink(
            atPath: directory.path + "/config.toml", withDestinationPath: "config.toml")
        let outcome = try await Command.run(Place.gatehouse, [command], directory: directory.path)
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect((outcome.text + outcome.errors).contains("Too many levels of symbolic links"), "\(outcome)")
    }

    @Test("a root that is not there is told from a file that holds none")
    func missingRoot() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("empty.crt", "")
        for (file, words) in [("none.crt", "none.crt: No such file"), ("empty.crt", "empty.crt: there is no certificate in it")] {
            let outcome = try await Command.run(Place.gatehouse, ["trust", "--root", file], directory: directory.path)
            #expect(outcome.exit == .code(1) && outcome.errors.contains(words), "\(outcome)")
        }
    }

    @Test(
        "where the state is named by a configuration that cannot be read, what is wrong with that is all that is said",
        arguments: [["trust"], ["trust", "--remove"], ["certs"]])
    func brokenConfiguration(command: [String]) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("broken.toml", "x = [")
        for (file, words) in [
            ("none.toml", "none.toml:1:1: error: cannot be read: No such file or directory\n1 error, 0 warnings"),
            ("broken.toml", "broken.toml:1:6: error: while parsing array: encountered end-of-file"),
        ] {
            let outcome = try await Command.run(Place.gatehouse, command + ["-c", file], directory: directory.path)
            #expect(outcome.exit == .code(1) && outcome.errors.hasPrefix(words), "\(outcome)")
            #expect(outcome.errors.hasSuffix("1 error, 0 warnings") && outcome.text.isEmpty, "\(outcome)")
        }
    }

    @Test("a file in the place of a directory is told how configurations are named", arguments: [["run"], []])
    func fileForDirectory(command: [String]) async throws {
        let directory = try TemporaryDirectory()
        try directory.write("site.toml", "")
        let outcome = try await Command.run(Place.gatehouse, command + ["site.toml"], directory: directory.path)
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(outcome.errors.hasSuffix("A configuration is named with -c: gatehouse run -c site.toml"), "\(outcome)")
        let missing = try await Command.run(Place.gatehouse, command + ["none.toml"], directory: directory.path)
        #expect(missing.exit == .code(1) && !missing.errors.contains("-c"), "\(missing)")
    }

    @Test("what help explains of a command has its line ends where they are written, in a terminal of 80 columns, too")
    func explanations() async throws {
        func commands(of path: [String]) async throws -> [[String]] {
            let lines = try await Command.run(Place.gatehouse, path + ["--help"]).text.split(
                separator: "\n", omittingEmptySubsequences: false)
            let list = lines.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { !$0.isEmpty }
            return list.filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }.map { path + [String($0.split(separator: " ")[0])] }
        }
        func explanation(_ path: [String], columns: Int) async throws -> [Substring] {
            let help = try await Command.run(Place.gatehouse, path + ["--help"], environment: ["COLUMNS": "\(columns)"])
            let lines = help.text.split(separator: "\n", omittingEmptySubsequences: false)
            return Array(lines.drop { !$0.isEmpty }.prefix { !$0.hasPrefix("USAGE") })
        }
        let all = try await commands(of: []) + commands(of: ["tls"]) + commands(of: ["fleet"])
        #expect(all.count > 25, "\(all)")
        for path in all {
            let (narrow, wide) = try await (explanation(path, columns: 80), explanation(path, columns: 200))
            #expect(narrow == wide, "\(path)")
        }
    }

    @Test("help fits a terminal of 80 columns", arguments: [nil, "run", "check", "demo"])
    func width(command: String?) async throws {
        for arguments in [[command, "--help"], ["help", command]] {
            let outcome = try await Command.run(Place.gatehouse, arguments.compactMap { $0 }, environment: ["COLUMNS": "80"])
            #expect(outcome.exit == .code(0), "\(outcome)")
            for line in outcome.text.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            // What stands in columns is not broken.
            guard command == nil else { continue }
            let columns = outcome.text.split(separator: "\n").filter { $0.hasPrefix("  gatehouse ") }
            #expect(columns.count == 6 && columns.allSatisfy { $0.dropFirst(33).hasPrefix("  ") }, "\(columns)")
        }
    }

    @Test(
        "a misspelt command is told from a directory",
        arguments: [
            (["chek", "x.toml"], 2, "gatehouse check"), (["chek"], 1, "gatehouse check"),
            (["rn", "-c", "x.toml"], 2, "gatehouse run"), (["dmeo"], 1, "gatehouse demo"), (["public"], 1, nil),
            (["./chek"], 1, nil), (["-t"], 2, "gatehouse check"), (["validate", "x.toml"], 2, "gatehouse check"),
            (["version"], 1, "gatehouse --version"), (["-v"], 2, "gatehouse --version"), (["start"], 1, "gatehouse run"),
        ] as [([String], Int32, String?)])
    func misspelt(arguments: [String], code: Int32, meant: String?) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await Command.run(Place.gatehouse, arguments, directory: directory.path)
        #expect(outcome.exit == .code(code), "\(outcome)")
        #expect(outcome.errors.contains("Did you mean") == (meant != nil), "\(outcome)")
        if let meant { #expect(outcome.errors.hasSuffix("Did you mean \"\(meant)\"?"), "\(outcome)") }
    }

    @Test(
        "a word that is like no command, and nothing that is there, is told to be none; of \"stop\", what stops it",
        arguments: [
            (["frobnicate"], 1, "\"frobnicate\" is no command: \"gatehouse --help\" lists them."),
            (["frobnicate", "x"], 2, "\"frobnicate\" is no command: \"gatehouse --help\" lists them."),
            (["stop"], 1, "A running gateway stops on SIGTERM: \"gatehouse status\" names its process."),
            (["run", "frobnicate"], 1, "gatehouse: frobnicate: No such file or directory"),
            (["./frobnicate"], 1, "gatehouse: ./frobnicate: No such file or directory"),
        ] as [([String], Int32, String)])
    func noCommand(arguments: [String], code: Int32, end: String) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await Command.run(Place.gatehouse, arguments, directory: directory.path)
        #expect(outcome.exit == .code(code) && outcome.errors.hasSuffix(end), "\(outcome)")
    }

    @Test("a command that is one is not taken for another", arguments: [["tap", "--count", "0"], ["top", "--bogus"]])
    func known(arguments: [String]) async throws {
        let outcome = try await Command.run(Place.gatehouse, arguments)
        #expect(outcome.exit == .code(2) && !outcome.errors.contains("Did you mean"), "\(outcome)")
    }

    @Test("what standard output does not take is no success: it is said, with exit code 1")
    func fullOutput() async throws {
        let outcome = try await Command.run("/bin/sh", ["-c", "exec \"$0\" schema > /dev/full", Place.gatehouse])
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(outcome.errors == "gatehouse: standard output has not taken all of it: No space left on device", "\(outcome)")
    }

    @Test("whoever reads slowly gets all of it, by a pipe that does not block as well")
    func nonblockingOutput() async throws {
        // 4096: the pipe is full many times before the end.
        let script = """
            import fcntl, json, os, subprocess, sys
            near, far = os.pipe()
            fcntl.fcntl(far, fcntl.F_SETPIPE_SZ, 4096)
            os.set_blocking(far, False)
            child = subprocess.Popen([sys.argv[1], "schema"], stdout=far)
            os.close(far)
            text = open(near).read()
            json.loads(text)
            print(len(text) > 65536, child.wait())
            """
        let outcome = try await Command.run("python3", ["-c", script, Place.gatehouse])
        #expect(outcome.exit == .code(0) && outcome.text == "True 0\n", "\(outcome)")
    }

    @Test("without a configuration it says what to do, with exit code 2")
    func nothing() async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await Command.run(Place.gatehouse, [], directory: directory.path)
        #expect(outcome.exit == .code(2))
        #expect(outcome.errors.contains("see gatehouse --help"), "\(outcome)")
    }

    private static let right = """
        [[sites]]
        name = "main"
        hostname = "www.example.com"
        port = 8080
        static_dir = "."
        """

    @Test(
        "check and --dry-run print a summary for a right file and end with 0",
        arguments: [
            ["check"], ["run", "--dry-run", "-c"], ["--dry-run", "--config"],
        ])
    func checkRight(command: [String]) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("right.toml", Self.right)
        let outcome = try await Command.run(Place.gatehouse, command + [file])
        #expect(outcome.exit == .code(0), "\(outcome)")
        for word in ["main", "http [::]:8080", "www.example.com", "files of .", "is right"] {
            #expect(outcome.text.contains(word), "\(word): \(outcome)")
        }
    }

    @Test(
        "check reports every problem at once, each with file, line, column, key and a hint",
        arguments: [
            ["check"], ["run", "-c"], ["--dry-run", "-c"],
        ])
    func checkWrong(command: [String]) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "wrong.toml",
            """
            [[sites]]
            hostname = "a.test"
            port = "80"
            static_dri = "."
            [sites.ssl]
            enabled = true
            cert_file = "none.crt"
            key_file = "none.key"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "backend"
            url = "ftp://127.0.0.1"
            [[sites.proxy.routes]]
            path = "/"
            upstream = "backand"
            """)
        let outcome = try await Command.run(Place.gatehouse, command + [file], environment: ["NO_COLOR": "1"])
        #expect(outcome.exit == .code(1), "\(outcome)")
        for word in [
            "wrong.toml:3:8: error: sites[0].port", "wrong.toml:4:1: error: sites[0].static_dri", "static_dir",
            "wrong.toml:13:7: error: sites[0].proxy.upstreams[0].url",
            "wrong.toml:16:12: error: sites[0].proxy.routes[0].upstream",
            "did you mean \"backend\"?",
        ] {
            #expect(outcome.errors.contains(word), "\(word): \(outcome)")
        }
    }

    @Test("--lenient and compat = \"bws\" make unknown keys warnings")
    func lenient() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("odd.toml", "odd = 1\n" + Self.right)
        #expect(try await gatehouse("check", file).exit == .code(1))
        let lenient = try await gatehouse("check", "--lenient", file)
        #expect(lenient.exit == .code(0) && lenient.errors.contains("warning"), "\(lenient)")
        let compatible = try directory.write("compat.toml", "compat = \"bws\"\nodd = 1\n" + Self.right)
        #expect(try await gatehouse("check", compatible).exit == .code(0))
    }

    @Test(
        "a certificate that cannot be used is a start-up error that names the file and the reason",
        arguments: [
            ("rsa.test", "none.test", "none.test.key", "No such file"),
            ("none.test", "rsa.test", "none.test.crt", "No such file"),
            ("mismatch.test", "mismatch.test", "mismatch.test.key", "does not belong to"),
            ("rsa.test", "wild.test", "wild.test.key", "does not belong to"),
            ("encrypted.test", "encrypted.test", "encrypted.test.key", "is encrypted"),
            ("../../exchanged", "rsa.test", "exchanged.crt", "exchanged with key_file"),
            ("../../empty", "rsa.test", "empty.crt", "it is empty"), ("rsa.test", "../../empty", "empty.key", "it is empty"),
            ("../../folder", "rsa.test", "folder.crt", "a directory"), ("rsa.test", "../../folder", "folder.key", "a directory"),
            ("../../text", "rsa.test", "text.crt", "no PEM block"), ("rsa.test", "../../text", "text.key", "no PEM block"),
            ("../../der", "rsa.test", "der.crt", "it is DER, and PEM is wanted: openssl x509 -inform der"),
            ("rsa.test", "../../der", "der.key", "it is DER, and PEM is wanted: openssl pkey -inform der"),
        ])
    func certificates(certificate: String, key: String, file: String, reason: String) async throws {
        let certificates = try await Certificates.ready()
        let directory = try TemporaryDirectory()
        try directory.write("empty.crt", "")
        try directory.write("exchanged.crt", String(contentsOfFile: certificates.key("rsa.test"), encoding: .utf8))
        try directory.write("empty.key", "")
        for file in ["text.crt", "text.key"] { try directory.write(file, "none\n") }
        for folder in ["folder.crt", "folder.key"] {
            try FileManager.default.createDirectory(atPath: directory.path + "/" + folder, withIntermediateDirectories: true)
        }
        // A SEQUENCE begins so.
        for file in ["der.crt", "der.key"] { try directory.write(file, "0\u{3}\u{1}\u{1}\u{0}") }
        func path(_ path: String) -> String {
            path.replacing("\(certificates.directory)/tests/../../", with: directory.path + "/")
        }
        let configuration = try directory.write(
            "gatehouse.toml",
            """
            [[sites]]
            hostname = "localhost"
            port = 8443
            static_dir = "."
            [sites.ssl]
            enabled = true
            cert_file = "\(path(certificates.certificate(certificate)))"
            key_file = "\(path(certificates.key(key)))"
            """)
        for command in [["check", configuration], ["run", "-c", configuration]] {
            let outcome = try await Command.run(Place.gatehouse, command)
            #expect(outcome.exit == .code(1), "\(outcome)")
            let line = outcome.errors.split(separator: "\n").first { $0.contains(": error: sites[0].ssl.") } ?? ""
            #expect(line.contains(file), "\(outcome)")
            #expect(line.lowercased().contains(reason.lowercased()), "\(outcome)")
        }
    }

    @Test("a second one at the same address is a start-up error", arguments: ["127.0.0.1", "0.0.0.0"])
    func secondInstance(listen: String) async throws {
        let port = try FreePort()
        func toml(_ listen: String) -> String {
            "[[sites]]\nname = \"main\"\nhostname = \"a.test\"\nlisten = \"\(listen)\"\nport = \(port)\nstatic_dir = \".\"\n"
        }
        let directory = try TemporaryDirectory()
        let file = try directory.write("second.toml", toml("127.0.0.1"))
        try await Gatehouse.serving(toml(listen), workers: 2) { _ in
            let outcome = try await gatehouse("run", "-c", file)
            #expect(outcome.exit == .code(1))
            let words = "cannot listen on 127.0.0.1:\(port): Address already in use; another program listens there"
            #expect(outcome.errors.contains(words), "\(outcome)")
        }
    }

    @Test("an address that is taken is a start-up error that names it")
    func addressTaken() async throws {
        // No SO_REUSEPORT there: nobody shares this port.
        let taken = try Upstream.saying("x")
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            "[[sites]]\nhostname = \"a.test\"\nlisten = \"127.0.0.1\"\nport = \(taken)\nstatic_dir = \".\"\n")
        let outcome = try await gatehouse("run", "-c", file)
        #expect(outcome.exit == .code(1))
        #expect(outcome.errors.contains("cannot listen on 127.0.0.1:\(taken): Address already in use"), "\(outcome)")
    }

    @Test("gatehouse DIR serves a directory at once")
    func directory() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("index.html", "at once")
        let process = try ChildProcess(Place.gatehouse, [directory.path, "--port", "0"])
        let line = try await process.errors.first { $0.contains(": serving addresses=127.0.0.1:") }
        let port = line.split(separator: "addresses=127.0.0.1:")[1].prefix { $0.isNumber }
        let answer = try await Command.curl(["http://127.0.0.1:\(port)/"])
        #expect(answer.text == "at once", "\(answer)")
        process.signal(SIGINT)
        #expect(try await process.exit() == .code(0))
        #expect(process.output.all.contains { $0.contains("\"GET / HTTP/1.1\" 200") })
        let missing = try await gatehouse(directory.path + "/none")
        #expect(missing.exit == .code(1) && missing.errors.contains("No such file"), "\(missing)")
    }
}
