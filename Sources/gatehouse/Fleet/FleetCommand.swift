import ArgumentParser
import Configuration
import EventLoop
import Fleet
import Gateway

/// `gatehouse fleet`
struct FleetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet", abstract: "Several gateways that act as one: their state, and the configuration of all.",
        subcommands: [Status.self, Push.self, Diff.self, History.self, Rollback.self], defaultSubcommand: Status.self)

    /// How long a push is followed.
    struct Answers: ParsableArguments {
        @Option(help: "Seconds to wait for the members' answers.")
        var wait = 60

        func validate() throws {
            guard (1...3600).contains(wait) else { throw ValidationError("--wait must be from 1 to 3600.") }
        }
    }

    /// Where the fleet is.
    struct FleetOptions: ParsableArguments {
        @Option(
            name: [.short, .long],
            help: "A configuration file with [fleet]: where etcd is, and the secret (default: gatehouse.toml, else config.toml).")
        var config: String?

        /// The configuration file.
        func path() throws -> String { try DefaultConfiguration.path(config) }

        /// Asks the fleet, which no process of it need run here for.
        func ask<Result: Sendable>(_ body: @Sendable (FleetClient) async throws -> Result) async throws -> Result {
            let path = try self.path()
            let result = Configuration.read(path: path, mode: .lenient)
            guard let configuration = result.configuration else {
                Console.report(result.problems, source: result.source)
                throw ExitCode(1)
            }
            do {
                guard let settings = try FleetMemberSettings.of(configuration) else {
                    throw FleetMemberSettings.Unusable(key: "fleet", reason: "\(path) is of no fleet: it has no table [fleet]")
                }
                let loop = try EventLoop()
                try loop.start(name: "fleet")
                defer { loop.stop() }
                let fleet = FleetClient(settings, loop: loop)
                // Its steps look and wait in one go: nothing may come in between (ARCHITECTURE.md, both executors).
                return try await withTaskExecutorPreference(loop) {
                    do {
                        let result = try await body(fleet)
                        await fleet.close()
                        return result
                    } catch {
                        await fleet.close()
                        throw error
                    }
                }
            } catch let error as FleetMemberSettings.Unusable {
                Console.error("gatehouse: \(error.key): \(error.reason)")
            } catch let error as FleetClient.Failure {
                Console.error("gatehouse: \(error)")
            }
            throw ExitCode(1)
        }
    }

    /// Pushes a text, and tells what members make of it.
    static func push(_ text: String, _ options: FleetOptions, within seconds: Int) async throws {
        let (pushed, members) = try await options.ask { fleet in
            let now = Int64(realtimeNanoseconds() / 1_000_000_000)
            let pushed = try await fleet.push(text, author: ProcessNames.host, time: now)
            return (pushed, try await fleet.settled(pushed.number, within: UInt64(seconds)))
        }
        var failed = 0
        for member in members {
            if member.configuration >= pushed.number { continue }
            failed += 1
            let isRefused = (member.refused?.number ?? 0) >= pushed.number
            Console.error("\(member.name): \(isRefused ? "refused: \(member.refused?.reason ?? "")" : "has not answered")")
        }
        Console.say("pushed: number \(pushed.number), in use by \(members.count - failed) of \(members.count) members")
        if failed > 0 { throw ExitCode(1) }
    }
}

extension FleetCommand {
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The members, and what they use.")

        @OptionGroup var options: FleetOptions

        func run() async throws {
            let (members, leader, pushed, rollout) = try await options.ask { fleet in
                (try await fleet.members(), try await fleet.leader(), try await fleet.configuration(), try await fleet.rollout())
            }
            let titles = ["member", "on", "since", "tickets", "configuration", "in use", "tunnels", "certificates", "probes", ""]
            let rows = members.map { Self.row($0, leader: leader) }
            Console.say(Table.text([titles] + rows))
            if let pushed {
                Console.say("configuration \(pushed.number) of \(Timestamp.text(seconds: pushed.time)) by \(pushed.author)")
            }
            if let rollout, rollout.isRunning || rollout.phase == .undone { Console.say("roll-out: \(rollout.summary)") }
        }

        private static func row(_ member: FleetMemberView, leader: String?) -> [String] {
            let (used, figures) = (AdminFleet.Member(member), member.figures)
            let trouble = figures.map { $0.certificatesInTrouble > 0 ? ", \($0.certificatesInTrouble) in trouble" : "" } ?? ""
            let wishes = (figures?.wishes ?? 0) > 0 ? ", \(figures?.wishes ?? 0) wished for" : ""
            let renewal = member.name == leader ? ", gets them" : ""
            return [
                member.name, member.host ?? "", used.started, "\(member.tickets)",
                member.configuration == 0 ? "its own" : "\(member.configuration)", figures?.configuration ?? "",
                figures.map { "\($0.tunnels)" } ?? "", (figures.map { "\($0.certificates)" } ?? "") + trouble + wishes + renewal,
                figures?.probes.map { "\($0)" } ?? "",
                used.problems.joined(separator: "; "),
            ]
        }
    }

    struct Push: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have all members use a configuration.",
            discussion: """
                Each member checks it as for a reload, and uses it whole or not at all. Those
                that refuse it are named with their reasons, and the exit code is 1; the others
                use it. With --staged it goes to one member, then to a share of them, then to
                all; each stage is watched, and if a member refuses it, goes away or answers
                worse, what was in use before is in use again. It goes on without this command.
                """)

        @Argument(help: "The configuration, with [fleet] (default: the file of --config).")
        var file: String?

        @OptionGroup var staged: StagedOptions
        @OptionGroup var answers: Answers
        @OptionGroup var options: FleetOptions

        func run() async throws {
            let path = try file ?? options.path()
            let result = Configuration.read(path: path)
            Console.report(result.problems.filter { $0.severity != .note }, source: result.source)
            guard let configuration = result.configuration else { throw ExitCode(1) }
            guard configuration.fleet != nil else {
                Console.error("gatehouse: \(path) has no table [fleet]: members that use it would leave the fleet")
                throw ExitCode(1)
            }
            if let terms = staged.terms { return try await FleetCommand.rollOut(result.source.text, terms, options) }
            try await FleetCommand.push(result.source.text, options, within: answers.wait)
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a push of a file would change of the configuration that was pushed last.")

        @Argument(help: "The configuration (default: the file of --config).")
        var file: String?

        @OptionGroup var options: FleetOptions

        func run() async throws {
            let next = Configuration.read(path: try file ?? options.path())
            guard let pushed = try await options.ask({ try await $0.configuration() }) else {
                return Console.say("nothing was pushed yet")
            }
            let present = Configuration.read(
                ConfigurationSource(whole: pushed.text, file: "configuration \(pushed.number)"), mode: .lenient)
            guard let after = next.configuration, let before = present.configuration else {
                let wrong = next.configuration == nil ? next : present
                Console.report(wrong.problems, source: wrong.source)
                throw ExitCode(1)
            }
            let changes = ConfigurationChanges(from: before, to: after).changes
            for change in changes { Console.say(change.summary) }
            if changes.isEmpty { Console.say("nothing would change") }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The configurations that were pushed, the newest first.")

        @OptionGroup var options: FleetOptions

        func run() async throws {
            let all = try await options.ask { try await $0.history() }
            let withdrawn = Set(all.compactMap(\.withdraws))
            let rows = all.map { entry in
                [
                    "\(entry.number)", String(entry.hash.prefix(12)), Timestamp.text(seconds: entry.time), entry.author,
                    withdrawn.contains(entry.number) ? "taken back" : "",
                ]
            }
            Console.say(Table.text([["number", "configuration", "pushed", "by", ""]] + rows))
        }
    }

    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Push a configuration again that was pushed before, or undo a roll-out that is under way.",
            discussion: """
                It gets a new number. Without a number, a roll-out that is under way is undone;
                if none is, it is the one before the last that has not been taken back.
                """)

        @Argument(help: "Its number.")
        var number: Int?

        @OptionGroup var answers: Answers
        @OptionGroup var options: FleetOptions

        func run() async throws {
            if let undone = try await options.ask({ try await $0.undoRollout(author: ProcessNames.host) }) {
                Console.say(undone.summary)
                if number == nil { return }
            }
            let all = try await options.ask { try await $0.history() }
            let (last, withdrawn) = (all.first, Set(all.compactMap(\.withdraws)))
            let isWanted = { (entry: FleetConfiguration) in
                number.map { $0 == entry.number } ?? (entry.hash != last?.hash && !withdrawn.contains(entry.number))
            }
            guard let wanted = all.first(where: isWanted) else {
                Console.error("gatehouse: the fleet has no such configuration; gatehouse fleet history lists them")
                throw ExitCode(1)
            }
            try await FleetCommand.push(wanted.text, options, within: answers.wait)
        }
    }
}
