import Testing

@testable import Configuration

@Suite("What differs between two configurations")
struct ConfigurationChangesTests {
    private func configuration(_ text: String) throws -> Configuration {
        let result = Configuration.parse(text: text, file: "test.toml")
        return try #require(result.configuration, "\(result.problems)")
    }

    private static let base = """
        [limits]
        head_timeout = 5
        [[sites]]
        hostname = "a.example"
        port = 80
        listen = "127.0.0.1"
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:1"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        """

    private static let other = "\n[[sites]]\nhostname = \"b.example\"\nport = 81\nlisten = \"::\"\nstatic_dir = \"/\"\n"

    @Test(
        "each is named",
        arguments: [
            (base, "nothing"),
            (
                base.replacing("head_timeout = 5", with: "head_timeout = 6\nhttp2_streams = 9"),
                "~limits http2_streams head_timeout"
            ),
            (base + other, "+listener [::]:81, +site b.example@[::]:81"),
            (base.replacing("a.example", with: "c.example"), "-site a.example@127.0.0.1:80, +site c.example@127.0.0.1:80"),
            (
                base.replacing("path = \"/\"", with: "path = \"/x/\""),
                "-route a.example@127.0.0.1:80 /, +route a.example@127.0.0.1:80 /x/"
            ),
            (base.replacing("127.0.0.1:1", with: "127.0.0.1:2"), "~upstream a.example@127.0.0.1:80 app"),
            (base + "\n[sites.proxy.timeout]\nconnect = 3", "~site a.example@127.0.0.1:80"),
        ])
    func summary(text: String, expected: String) throws {
        let changes = ConfigurationChanges(from: try configuration(Self.base), to: try configuration(text))
        #expect(changes.summary.split(separator: ", ").sorted() == expected.split(separator: ", ").sorted())
    }

    @Test(
        "what a process reads at its start alone is known",
        arguments: [
            ("[tls]\nkeylog_file = \"keys.log\"", ["keylog_file"]),
            ("[performance]\nworker_threads = 3\nmax_connections = 99", ["worker_threads"]),
            ("[admin]\nsocket = \"none\"\nhistory = 3", ["socket"]), ("[admin]\nrollback_on = \"5xx > 5% for 30s\"", []),
            ("[metrics]\nlisten = \"127.0.0.1:9\"", ["listen"]), ("[dns]\ntimeout = 2", []),
        ])
    func keysOfStart(section: String, keys: [String]) throws {
        let changes = ConfigurationChanges(from: try configuration(Self.base), to: try configuration(section + "\n" + Self.base))
        #expect(changes.changes.flatMap(\.keysOfStart) == keys, "\(changes.summary)")
    }

    @Test("the name of every property of a section is the name of its key")
    func keys() throws {
        let configuration = try configuration(Self.base)
        let sections: [(String, Any)] = [
            ("logging", configuration.logging), ("performance", configuration.performance), ("limits", configuration.limits),
            ("dns", configuration.dns), ("tls", configuration.tls), ("file_cache", configuration.fileCache),
            ("server", configuration.server),
        ]
        for (name, section) in sections {
            for child in Mirror(reflecting: section).children {
                let key = ConfigurationChanges.key(try #require(child.label))
                #expect(ConfigurationReference.keyPaths.contains("\(name).\(key)"), "\(name).\(key)")
            }
        }
    }
}
