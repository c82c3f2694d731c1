import ArgumentParser
import Configuration
import EventLoop
import Fleet

/// How a push goes to one member first, then to a share, then to all.
struct StagedOptions: ParsableArguments {
    @Flag(help: "One member first, then a share of them, then all, as long as all goes well.")
    var staged = false

    @Option(help: "With --staged: percent of the members that are of the second stage.")
    var share: Int?

    @Option(help: "With --staged: seconds for which each stage is watched.")
    var watch: Int?

    @Option(help: "With --staged: what undoes it, as admin.rollback_on says it (default: 5xx > 5% for 30s).")
    var unless: String?

    /// Nil: the push goes to all at once.
    var terms: FleetRollout.Terms? {
        guard staged else { return nil }
        return FleetRollout.Terms(share: share ?? 25, watch: watch ?? 60, rule: unless ?? "5xx > 5% for 30s")
    }

    func validate() throws {
        guard let terms else {
            guard share == nil, watch == nil, unless == nil else {
                throw ValidationError("--share, --watch and --unless are of --staged.")
            }
            return
        }
        guard (1...99).contains(terms.share) else { throw ValidationError("--share must be from 1 to 99.") }
        guard (1...86_400).contains(terms.watch) else { throw ValidationError("--watch must be from 1 to 86400.") }
        guard let rule = FailureShare(terms.rule) else {
            throw ValidationError("\"\(terms.rule)\" is no such condition: write it like \"5xx > 5% for 30s\".")
        }
        guard rule.duration <= .seconds(terms.watch) else {
            throw ValidationError("--watch must not be shorter than the time of --unless: nothing would ever be found.")
        }
    }
}

extension FleetCommand {
    /// Begins a roll-out, and tells of it until it has ended. It goes on without this command.
    static func rollOut(_ text: String, _ terms: FleetRollout.Terms, _ options: FleetOptions) async throws {
        let last = try await options.ask { fleet in
            let now = Int64(realtimeNanoseconds() / 1_000_000_000)
            var state = try await fleet.rollOut(text, terms: terms, author: ProcessNames.host, time: now)
            Console.say(state.summary)
            while state.isRunning {
                state = try await fleet.nextState(of: state)
                if state.phase != .undone { Console.say(state.summary) }
            }
            return state
        }
        guard last.phase == .undone else { return }
        Console.error("gatehouse: \(last.summary)")
        throw ExitCode(1)
    }
}
