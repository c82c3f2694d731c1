import Foundation
import Glibc
import TestSupport
import Testing

/// Files that are replaced under the running program.
@Suite("Replaced files")
struct WatchedFileTests {
    /// A site whose certificate is copied into the test's own directory.
    private struct Secure {
        let running: ReloadingGatehouse
        let port: FreePort
        var directory: TemporaryDirectory { running.directory }

        /// - Parameters:
        ///   - place: the certificate's files are `PLACE.crt` and `PLACE.key`, in the directory.
        init(_ place: String, in directory: TemporaryDirectory) async throws {
            port = try FreePort()
            running = try await ReloadingGatehouse(Self.toml(port, directory, place), in: directory)
        }

        static func toml(_ port: FreePort, _ directory: TemporaryDirectory, _ place: String) -> String {
            """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)"
            [sites.ssl]
            enabled = true
            cert_file = "\(directory.path)/\(place).crt"
            key_file = "\(directory.path)/\(place).key"
            """
        }

        /// What tells the certificate from others that a new handshake shows.
        func shown() async throws -> String {
            let outcome = try await Command.run(
                "sh",
                ["-c", "openssl s_client -connect 127.0.0.1:\(port) </dev/null 2>/dev/null | openssl x509 -noout -fingerprint"])
            return outcome.text
        }

        /// Waits for the next line of the log with these words.
        func says(_ words: String, after count: Int = 0) async throws {
            while case let lines = running.process.errors.all, lines.count(where: { $0.contains(words) }) <= count {
                _ = try await running.process.errors.first(lines.count + 1)
            }
        }
    }

    private static let replaced = "a certificate is replaced: new handshakes show it"
    private static let refused = "a replaced certificate is not used: what was in use goes on"

    private static func copy(_ made: MadeCertificate, to place: String) throws {
        for (from, ending) in [(made.file, "crt"), (made.keyFile, "key")] {
            try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: "\(place).\(ending)"))
        }
    }

    private static func rename(_ from: String, _ to: String) {
        // The call reads the paths alone.
        #expect(unsafe Glibc.rename(from, to) == 0)
    }

    @Test("a certificate that is written in place, renamed over, or swapped by a link, is shown to new handshakes")
    func ways() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        let one = try await MadeCertificate.make("one", in: directory, names: ["DNS:localhost"])
        let two = try await MadeCertificate.make("two", in: directory, names: ["DNS:localhost"])
        for (name, made) in [("a", one), ("b", two)] {
            try directory.write("\(name)/x", "")
            try Self.copy(made, to: "\(path)/\(name)/site")
        }
        try directory.link("now", to: "a")
        let secure = try await Secure("now/site", in: directory)
        let first = try await secure.shown()
        // By a link on the way to it, as a ConfigMap's `..data`.
        try directory.link("next", to: "b")
        Self.rename("\(path)/next", "\(path)/now")
        try await secure.says(Self.replaced)
        let second = try await secure.shown()
        #expect(second != first && !second.isEmpty)
        // In place.
        try Self.copy(one, to: "\(path)/b/site")
        try await secure.says(Self.replaced, after: 1)
        #expect(try await secure.shown() == first)
        // By renames.
        try Self.copy(two, to: "\(path)/b/other")
        for ending in ["key", "crt"] { Self.rename("\(path)/b/other.\(ending)", "\(path)/b/site.\(ending)") }
        try await secure.says(Self.replaced, after: 2)
        #expect(try await secure.shown() == second)
        try await secure.running.end()
    }

    @Test("a bad one is told, and not shown; it shows in the status until it is mended")
    func bad() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        let good = try await MadeCertificate.make("good", in: directory, names: ["DNS:localhost"])
        try Self.copy(good, to: path + "/site")
        let secure = try await Secure("site", in: directory)
        let first = try await secure.shown()
        let whole = try Data(contentsOf: URL(filePath: good.file))
        try directory.write("cut.crt", Array(whole.prefix(whole.count / 2)))
        let other = try await MadeCertificate.make("other", in: directory, names: ["DNS:localhost"])
        let expired = try await MadeCertificate.make("expired", in: directory, days: -9...(-2), names: ["DNS:localhost"])
        let later = try await MadeCertificate.make("later", in: directory, days: 2...9, names: ["DNS:localhost"])
        let elsewhere = try await MadeCertificate.make("elsewhere", in: directory, names: ["DNS:elsewhere.test"])
        let forClients = try await MadeCertificate.make(
            "for-clients", in: directory, names: ["DNS:localhost"], extensions: ["extendedKeyUsage = clientAuth"])
        let bad: [(certificate: String, key: String, words: String)] = [
            ("\(path)/cut.crt", good.keyFile, "cannot read the certificate"),
            (other.file, good.keyFile, "does not belong to the certificate"),
            (expired.file, expired.keyFile, "expired on"),
            (later.file, later.keyFile, "is not valid before"),
            (elsewhere.file, elsewhere.keyFile, "does not cover"),
            (forClients.file, forClients.keyFile, "it is not for servers"),
        ]
        for (count, (certificate, key, words)) in bad.enumerated() {
            for (from, ending) in [(key, "key"), (certificate, "crt")] {
                try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: "\(path)/next"))
                Self.rename("\(path)/next", "\(path)/site.\(ending)")
            }
            try await secure.says(Self.refused, after: count)
            let line = secure.running.process.errors.all.last { $0.contains(Self.refused) } ?? ""
            #expect(line.contains(words), "\(line)")
            #expect(try await secure.shown() == first)
        }
        #expect(try await secure.running.command(["status"]).text.contains("was replaced and is not used"))
        try Self.copy(good, to: path + "/site")
        try await secure.says("a certificate's files hold again what is in use")
        #expect(try await !secure.running.command(["status"]).text.contains("was replaced"))
        try await secure.running.end()
    }

    @Test("sessions are resumed after a reload, and unchanged certificates stay in use")
    func resumed() async throws {
        let directory = try TemporaryDirectory()
        try Self.copy(
            try await MadeCertificate.make("made", in: directory, names: ["DNS:localhost"]), to: directory.path + "/site")
        let secure = try await Secure("site", in: directory)
        func connect(_ arguments: String) async throws -> String {
            try await Command.run(
                "sh",
                [
                    "-c",
                    "printf 'GET / HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' | "
                        + "openssl s_client -connect 127.0.0.1:\(secure.port) -ign_eof \(arguments) 2>&1",
                ]
            ).text
        }
        let session = secure.directory.path + "/session"
        #expect(try await connect("-sess_out \(session)").contains("\nNew, TLS"))
        #expect(try await secure.running.command(["reload"]).code == 0)
        #expect(try await connect("-sess_in \(session)").contains("\nReused, TLS"))
        try await secure.running.end()
    }

    @Test("--watch reloads what was renamed or written in place, and waits for whoever is still writing")
    func watched() async throws {
        let directory = try TemporaryDirectory()
        let (first, second) = (try FreePort(), try FreePort())
        let certificates = [
            try await MadeCertificate.make("one", in: directory, names: ["DNS:localhost"]),
            try await MadeCertificate.make("two", in: directory, names: ["DNS:localhost"]),
        ]
        try Self.copy(certificates[0], to: directory.path + "/site")
        func toml(_ ports: FreePort...) -> String {
            ports.map { Secure.toml($0, directory, "site") + "\n" }.joined()
        }
        let running = try await ReloadingGatehouse(toml(first), arguments: ["--watch"], in: directory)
        try running.write(toml(first, second))
        #expect(try await running.outcome(after: 0).contains("+listener 127.0.0.1:\(second)"))
        let path = directory.path + "/gatehouse.toml"
        // A writer that has written a part of it, which would be right by itself.
        let (part, rest) = (toml(first), "no_such_key = 1\n")
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: 0)
        try file.write(contentsOf: Data(part.utf8))
        // However long this test is kept from going on, the part is not taken for what somebody has left whole.
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: 3600)], ofItemAtPath: path)
        // Another file that is looked at meanwhile.
        try Self.copy(certificates[1], to: directory.path + "/site")
        _ = try await running.process.errors.first { $0.contains(Self.replaced) }
        #expect(running.outcomeCount == 1, "nobody reads what is being written")
        try file.write(contentsOf: Data(rest.utf8))
        try file.close()
        #expect(try await running.outcome(after: 1).contains("the reload is refused"))
        // What vanishes is no configuration; what comes instead is one.
        try FileManager.default.removeItem(atPath: path)
        try running.write(toml(first))
        #expect(try await running.outcome(after: 2).contains("-listener 127.0.0.1:\(second)"))
        try await running.end()
    }
}
