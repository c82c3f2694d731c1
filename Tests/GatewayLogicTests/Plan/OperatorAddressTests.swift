import Configuration
import Testing

@testable import Gateway

@Suite("Where operators ask, beside clients")
struct OperatorAddressTests {
    /// What is wrong with a configuration whose site listens there.
    private func problems(_ listen: String, _ tables: String) throws -> [String] {
        let site = """
            [[sites]]
            hostname = "localhost"
            listen = "\(listen)"
            port = 9145
            respond = { body = "here" }

            """
        let read = Configuration.parse(text: tables + "\n" + site, file: "test.toml")
        let configuration = try #require(read.configuration, "\(read.problems)")
        var builder = PlanBuilder(configuration)
        let plan = builder.build(workers: 1)
        let errors = builder.problems.filter { $0.severity == .error }
        #expect((plan == nil) == !errors.isEmpty)
        return errors.map { "\($0.keyPath): \($0.message)" }
    }

    private static let management = "[management]\nenabled = true\napi_key = \"0123456789abcdef\"\nport = 9145\n"

    @Test(
        "an address that the gateway has for clients, or for other operators, is an error before anything listens",
        arguments: [
            ("127.0.0.1", "[metrics]\nlisten = \"127.0.0.1:9145\"", "metrics.listen"),
            ("0.0.0.0", "[metrics]\nlisten = \"127.0.0.1:9145\"", "metrics.listen"),
            ("::", management, "management.port"),
            ("127.0.0.2", "[metrics]\nlisten = \"127.0.0.1:9145\"\n\(management)", "management.port"),
        ])
    func taken(listen: String, tables: String, key: String) throws {
        let problems = try problems(listen, tables)
        #expect(problems.count == 1 && problems[0].hasPrefix("\(key): cannot listen on 127.0.0.1:9145: "), "\(problems)")
    }

    @Test("one that no other has is none, be the port the same", arguments: ["127.0.0.2", "::1"])
    func free(listen: String) throws {
        #expect(try problems(listen, Self.management).isEmpty)
        #expect(try problems(listen, "[metrics]\nlisten = \"127.0.0.1:9145\"").isEmpty)
        #expect(try problems("0.0.0.0", "[metrics]\nlisten = \"[::1]:9145\"").isEmpty)
    }
}
