import Configuration
import Testing

@testable import Gateway

@Suite("What is said of a configuration while a plan is made")
struct PlanReportTests {
    private let configuration: Configuration
    private let site: Site

    init() throws {
        let read = Configuration.parse(text: Plans.site([("app", "http://127.0.0.1:1", "")]), file: "test.toml")
        configuration = try #require(read.configuration)
        site = try #require(configuration.sites.first)
    }

    /// Of a site whose files have an error and a warning.
    private func report(_ policy: FaultPolicy) -> (report: PlanReport, degrades: Bool) {
        var report = PlanReport(configuration, policy)
        report.problem(.warning, at: "sites[0].port", "before", hint: nil)
        let before = report.problems.count
        report.problem(.error, at: "sites[0].static_dir", "wrong", hint: nil)
        report.problem(.warning, at: "sites[0].static_dir", "odd", hint: nil)
        let degrades = report.degrades(.files, of: site, since: before)
        return (report, degrades)
    }

    @Test("where every fault is an error, none degrades its site")
    func refusing() {
        let (report, degrades) = report(.refuse)
        #expect(!degrades && report.hasErrors && report.faults.isEmpty)
        #expect(report.problems.map(\.message) == ["before", "wrong", "odd"])
    }

    @Test("what degrades a site is a fault with its errors; warnings stay where they are")
    func degrading() {
        let (report, degrades) = report(.degrade)
        #expect(degrades && !report.hasErrors)
        #expect(report.problems.map(\.message) == ["before", "odd"])
        #expect(report.faults.map { $0.problems.map(\.message) } == [["wrong"]])
        #expect(!report.isDegraded(pool: "app", of: site))
    }

    @Test("a fault is an error after all where no site is whole, or where the plan in use serves the part")
    func judging() {
        let (report, _) = report(.degrade)
        var (first, worse, same) = (report, report, report)
        first.judgeFaults(after: nil)
        worse.judgeFaults(after: [])
        same.judgeFaults(after: report.faults)
        #expect(first.hasErrors && worse.hasErrors && !same.hasErrors)
    }

    @Test("what many sites share is noted once")
    func noting() {
        var report = PlanReport(configuration, .refuse)
        let news = ["a", "b", "a"].map { report.isNew($0) }
        #expect(news == [true, true, false])
    }

    @Test("a pool that cannot be used is known by its site and name")
    func pools() {
        var report = PlanReport(configuration, .degrade)
        report.problem(.error, at: "sites[0].proxy.upstreams[0].ca_file", "wrong", hint: nil)
        let degrades = report.degrades(.pool("app"), of: site, since: 0)
        #expect(degrades && report.isDegraded(pool: "app", of: site) && !report.isDegraded(pool: "other", of: site))
    }
}
