import Foundation
import TestSupport
import Testing

/// `gatehouse schema` and `gatehouse check --explain`, the schema by the validator jsonschema.
@Suite("What the program says of its keys")
struct SchemaTests {
    /// Prints where a TOML file breaks the schema, after having checked the schema itself.
    private static let script = """
        import json, sys, tomllib
        from jsonschema import Draft202012Validator as Validator
        schema = json.load(open(sys.argv[1]))
        Validator.check_schema(schema)
        for error in Validator(schema).iter_errors(tomllib.load(open(sys.argv[2], 'rb'))):
            print('.'.join(str(step) for step in error.absolute_path), error.message)
        """

    private func faults(of toml: String) async throws -> [String] {
        let directory = try TemporaryDirectory()
        let schema = try await Command.run(Place.gatehouse, ["schema"])
        #expect(schema.code == 0)
        let arguments = [try directory.write("schema.json", schema.text), try directory.write("f.toml", toml)]
        let outcome = try await Command.run(Place.pythonWithLibraries, ["-c", Self.script] + arguments)
        try #require(outcome.code == 0, "\(outcome)")
        return outcome.text.split(separator: "\n").map(String.init)
    }

    @Test("a file with every key is right by the schema")
    func everyKey() async throws {
        let file = Place.root + "Tests/ConfigurationTests/Fixtures/every-key.toml"
        #expect(try await faults(of: String(contentsOfFile: file, encoding: .utf8)) == [])
    }

    @Test("a text with a variable may stand for a number or a truth")
    func variables() async throws {
        #expect(try await faults(of: "[[sites]]\nport = \"${PORT:-80}\"\nh2c = \"${PLAIN}\"\n") == [])
    }

    @Test(
        "what is wrong is found by the schema",
        arguments: [
            ("[[sites]]\nprt = 80", "sites.0 "), ("[[sites]]\nport = \"80\"", "sites.0.port "),
            ("[[sites]]\nport = 70000", "sites.0.port "),
            ("[sites]\nport = 80", "sites "), ("[limits]\nhead_timeout = true", "limits.head_timeout "),
            ("[logging]\nlevel = \"loud\"", "logging.level "), ("nothing = 1", " Additional properties"),
            ("[[sites]]\n[sites.compression]\ncodings = [\"deflate\"]", "sites.0.compression.codings.0 "),
            ("[[sites]]\n[sites.cache_upstream]\nmax_memory = []", "sites.0.cache_upstream.max_memory "),
        ])
    func wrong(toml: String, fault: String) async throws {
        let faults = try await faults(of: toml)
        #expect(faults.contains { $0.hasPrefix(fault) }, "\(faults)")
    }

    @Test("a key is explained by its name, or the end of it; one that there is not, by what it may have been meant to be")
    func explaining() async throws {
        let one = try await Command.run(Place.gatehouse, ["check", "--explain", "sites.proxy.timeout.read"])
        #expect(one.code == 0 && one.text.hasPrefix("sites.proxy.timeout.read\n  value:   duration\n  default: 60\n"), "\(one)")
        let several = try await Command.run(Place.gatehouse, ["check", "--explain", "sites[0].routes[3].path"])
        #expect(several.code == 0 && several.text.contains("sites.routes.path"), "\(several)")
        let table = try await Command.run(Place.gatehouse, ["check", "--explain", "cache_upstream"])
        #expect(table.text.hasPrefix("[sites.cache_upstream]\n") && table.text.contains("max_memory, max_object"), "\(table)")
        let proxy = try await Command.run(Place.gatehouse, ["check", "--explain", "sites.proxy"])
        #expect(proxy.text.contains("\n  tables: ") && proxy.text.contains("upstreams, "), "\(proxy)")
        for (key, words) in [
            ("sites.cache_upstrem", "did you mean \"cache_upstream\"?"), ("performance.workers", "worker_threads"),
        ] {
            let none = try await Command.run(Place.gatehouse, ["check", "--explain", key])
            #expect(none.code == 1 && none.errors.contains(words), "\(none)")
        }
        #expect(try await Command.run(Place.gatehouse, ["check"]).code == 2)
    }
}
