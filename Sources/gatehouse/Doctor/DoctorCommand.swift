import ArgumentParser
import Configuration
import Gateway

/// `gatehouse doctor`
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Is this machine fit to serve a configuration, and what is to be done if not?",
        discussion: """
            It looks at the configuration, open files, ports, the clock, names,
            certificates, modes of files, upstream servers with their TLS, and the kernel,
            each with the remedy. Each upstream server gets one connection, and one
            handshake if it speaks TLS. Nothing is changed. Run it as the user who runs
            the gateway.
            Exit code 1 if there is an error; warnings leave it at 0.
            """)

    @Option(name: [.short, .long], help: "The configuration file (default: gatehouse.toml, else config.toml).")
    var config: String?

    @Option(help: "Seconds that a connection to an upstream server, and each of its answers, may take.")
    var timeout = 5

    @Flag(help: "Only what is not as it should be.")
    var faults = false

    @Flag(help: "Unknown keys are warnings instead of errors.")
    var lenient = false

    @Flag(help: "As JSON.")
    var json = false

    func validate() throws {
        guard (1...600).contains(timeout) else { throw ValidationError("--timeout is 1 to 600 seconds.") }
    }

    func run() async throws {
        let config = try DefaultConfiguration.path(self.config)
        let result = Configuration.read(path: config, mode: ReadMode(lenient: lenient))
        // A site that would not be served whole is an error, though others would be.
        var (_, problems) = LoadedPlan.build(result, workers: nil, after: nil, policy: .refuse)
        if let problem = LoadedPlan.managementProblem(result.configuration) { problems.append(problem) }
        var findings = problems.map(Finding.init)
        if !problems.contains(where: { $0.severity != .note }) {
            findings.append(Finding(.configuration, .ok, config, "it is right"))
        }
        // What is wrong with a key says nothing of the machine.
        if let configuration = result.configuration ?? Configuration.read(path: config, mode: .lenient).configuration {
            let needs = MachineReadings.Needs(
                connections: configuration.performance.maxConnections,
                descriptors: FileLimit.needed(for: configuration))
            findings += MachineReadings(proc: "/proc", descriptors: FileLimit.highest).findings(for: needs)
            findings += await ExaminedPorts(configuration).findings()
            findings += ExaminedFiles(configuration, result.source).findings()
            findings += ExaminedUpstreams(configuration, timeout: timeout).findings()
        }
        let report = DoctorReport(findings)
        let shown = faults ? report.onlyFaults : report
        Console.say(json ? try AdminClient.text(shown) : shown.text)
        if report.errors > 0 { throw ExitCode(1) }
    }
}

/// All findings, by area, and how many are not as they should be.
struct DoctorReport: Encodable {
    let errors: Int
    let warnings: Int
    private(set) var findings: [Finding]

    init(_ findings: [Finding]) {
        self.findings = Finding.Area.allCases.flatMap { area in findings.filter { $0.area == area } }
        errors = findings.count { $0.verdict == .error }
        warnings = findings.count { $0.verdict == .warning }
    }

    /// The report with its faults alone.
    var onlyFaults: DoctorReport {
        var report = self
        report.findings.removeAll { $0.verdict == .ok }
        return report
    }

    /// The report for people: a line for each finding, and below it what to do.
    var text: String {
        let width = Finding.Area.allCases.map(\.rawValue.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let area = finding.area.rawValue + String(repeating: " ", count: width - finding.area.rawValue.count)
            let verdict = finding.verdict.rawValue + String(repeating: " ", count: 7 - finding.verdict.rawValue.count)
            let place = finding.place.map { "  (\($0))" } ?? ""
            let line = "\(verdict)  \(area)  \(finding.subject): \(finding.message)\(place)"
            // Nothing that a server said may move the cursor or make a line of its own.
            return ([line] + (finding.remedy.map { [String(repeating: " ", count: width + 11) + "-> \($0)"] } ?? []))
                .map(printable)
        }
        return (lines + ["\(errors) \(errors == 1 ? "error" : "errors"), \(warnings) \(warnings == 1 ? "warning" : "warnings")"])
            .joined(separator: "\n")
    }
}

extension Finding {
    /// What reading the configuration, or making a plan of it, has found.
    fileprivate init(_ problem: Problem) {
        let verdict: Verdict =
            switch problem.severity {
            case .error: .error
            case .warning: .warning
            case .note: .ok
            }
        let isFault = verdict != .ok
        let place = "\(problem.location.file):\(problem.location.line)"
        let isOfCertificate = problem.keyPath.contains(".ssl")
        self.init(
            isOfCertificate ? .certificates : .configuration, verdict,
            problem.keyPath.isEmpty ? problem.location.file : problem.keyPath, problem.message,
            remedy: problem.hint ?? (isFault ? "correct it; \"gatehouse check\" shows the line" : nil), place: place)
    }
}

extension Configuration {
    /// `FILE:LINE` of a key.
    func locationText(of keyPath: String) -> String? { location(of: keyPath).map { "\($0.file):\($0.line)" } }
}
