import Testing

@testable import Configuration

/// `${NAME}` in texts.
@Suite("Variables of the environment")
struct VariableTests {
    private static let environment = EnvironmentVariables { name in
        ["NAME": "value", "EMPTY": "", "TRICK": "${NAME} $${", "PORT": "8123", "YES": "true", "_x1": "low"][name]
    }

    @Test(
        "replaced once, left to right",
        arguments: [
            ("", ""), ("plain", "plain"), ("${NAME}", "value"), ("a ${NAME} b ${NAME}", "a value b value"),
            ("${EMPTY}", ""), ("${NONE:-x y}", "x y"), ("${NONE:-}", ""), ("${EMPTY:-x}", "x"), ("${NAME:-x}", "value"),
            ("${TRICK}", "${NAME} $${"), ("$${NAME}", "${NAME}"), ("$$${NAME}", "$${NAME}"), ("$NAME $ $1", "$NAME $ $1"),
            ("${_x1}", "low"), ("${NONE:-:-}", ":-"), ("é${NAME}é", "évalueé"), ("$", "$"), ("${NAME}}", "value}"),
            ("${NONE:-$}", "$"),
        ])
    func replaced(text: String, value: String) throws {
        #expect(try VariableReferences.replaced(in: text, by: Self.environment, most: 100) == value)
    }

    @Test(
        "what cannot be replaced says why",
        arguments: [
            ("${NONE}", "the environment has no NONE"), ("${NAME", "\"${\" is not ended by \"}\""),
            ("${}", "\"${}\" is not the name of a variable"), ("${1A}", "\"${1A}\" is not the name of a variable"),
            ("${A-B}", "\"${A-B}\" is not the name of a variable"),
            ("${NAME:+x}", "\"${NAME:+x}\" is not the name of a variable"),
            ("${É}", "\"${É}\" is not the name of a variable"), ("${A:-${B}}", "a default cannot name a variable"),
            ("${ NAME}", "\"${ NAME}\" is not the name of a variable"),
            ("${NAME}${NAME}${NAME}", "too long with the environment's values"),
        ])
    func refused(text: String, message: String) {
        #expect(throws: VariableReferences.Fault.self) {
            do throws(VariableReferences.Fault) {
                _ = try VariableReferences.replaced(in: text, by: Self.environment, most: 12)
            } catch {
                #expect(error.message == message)
                throw error
            }
        }
    }

    @Test("in any text value, at its place; numbers and truths may be written as texts with a variable")
    func values() throws {
        let text = """
            [[sites]]
            hostname = "${NAME}.example"
            hostnames = ["x.example", "${NONE:-y}.example"]
            port = "${PORT}"
            enable_directory_listing = "${YES}"
            static_dir = "${NAME}"
            headers = { X-A = "$${NAME}" }
            """
        let result = Configuration.parse(text: text, file: "f", environment: Self.environment)
        let site = try #require(result.configuration?.sites.first)
        #expect(site.hostnames == ["value.example", "x.example", "y.example"])
        #expect((site.port, site.enableDirectoryListing) == (8123, true))
        #expect(site.headers.map(\.value) == ["${NAME}"])
    }

    @Test("errors have file and line, once each; a plain text is no number still")
    func places() {
        let text = """
            [[sites]]
            hostname = "${NONE}"
            port = "8123"
            static_dir = "a${"
            hostnames = ["${PORT}", "x${NO.NE}"]
            h2c = "${NAME}"
            """
        let problems = Configuration.parse(text: text, file: "f", environment: Self.environment).problems.map(\.description)
        #expect(
            problems.contains {
                $0.hasPrefix("f:2:12: error: sites[0].hostname: the environment has no NONE\n  help: set it")
            })
        #expect(problems.contains { $0.hasPrefix("f:3:8: error: sites[0].port: expected an integer, found the string \"8123\"") })
        #expect(problems.contains { $0.hasPrefix("f:4:14: error: sites[0].static_dir: \"${\" is not ended by \"}\"") })
        #expect(problems.contains { $0.hasPrefix("f:5:25: error: sites[0].hostnames[1]: \"${NO.NE}\" is not the name") })
        #expect(problems.contains("f:6:7: error: sites[0].h2c: expected true or false, found the string \"value\""))
    }

    @Test("values of the environment cannot make a small file a huge one")
    func bounded() {
        // Made once: without optimisation a thousand of them take a minute.
        let value = String(repeating: "x", count: 100_000)
        let huge = EnvironmentVariables { _ in value }
        let text = "x = [" + String(repeating: "\"${A}\",", count: 1000) + "]\n"
        let problems = Configuration.parse(text: text, file: "f", environment: huge).problems
        #expect(problems.contains { $0.message == "too long with the environment's values" })
    }
}
