import Testing

@testable import Configuration

@Suite struct FixtureTests {
    @Test("Every problem is reported, at its place, with its hint", arguments: try Fixture.all(in: "Problems"))
    func problems(of fixture: Fixture) throws {
        let result = fixture.read()
        #expect(try fixture.actual(result) == fixture.expected)
        #expect((result.configuration == nil) == result.problems.contains { $0.severity == .error })
    }

    @Test("Every example of the manual reads as documented", arguments: try Fixture.all(in: "Seed"))
    func examples(of fixture: Fixture) throws {
        let result = fixture.read()
        #expect(try fixture.actual(result) == fixture.expected)
        // The one example that contradicts itself: its route names an upstream that nobody defines.
        #expect((result.configuration == nil) == (fixture.testDescription == "load-balanced.toml"))
    }

    @Test("There are fixtures")
    func fixturesAreFound() throws {
        #expect(try Fixture.all(in: "Seed").count == 9)
        #expect(try Fixture.all(in: "Problems").count >= 10)
    }
}
