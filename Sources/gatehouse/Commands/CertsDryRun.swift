import ACME
import ArgumentParser
import Gateway

/// `gatehouse certs --dry-run`: whether a certificate could be had, as far as that can be known from here.
extension CertsActions {
    /// - Throws: `ExitCode(1)` if the order would fail.
    func dryRun(_ name: String, json: Bool) async throws {
        let certificate = try certificate(name)
        let around = Renewer.Surroundings(resolver: plan.resolver, challengeTypes: plan.challengeTypes)
        let findings = try await perform { renewer in try await renewer.dryRun(certificate, around) }
        if json {
            Console.say(DryRunFinding.json(findings))
        } else {
            let rows = findings.map { [Self.word($0.result), $0.subject.rawValue, $0.name ?? "-", $0.words] }
            Console.say(Table.text([["", "what", "name", "found"]] + rows))
            for finding in findings {
                if let help = finding.help { Console.say("help for \(finding.subject.rawValue): \(help)") }
            }
        }
        if findings.contains(where: { $0.result == .bad }) { throw ExitCode(1) }
    }

    private static func word(_ result: DryRunFinding.Result) -> String {
        switch result {
        case .good: "good"
        case .unknown: "?"
        case .bad: "BAD"
        }
    }
}
