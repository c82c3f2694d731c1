import ArgumentParser
import Configuration
import EventLoop
import Glibc

/// The command. Exit codes: 0 done, 1 it could not be done (configuration, files, addresses), 2 wrong usage.
@main
struct Gatehouse: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A TLS-terminating gateway for HTTPS and WSS.",
        usage: "gatehouse <subcommand>",
        discussion: """
            Start here:
              gatehouse demo                   see it work: an echo and a chat over TLS
              gatehouse check gatehouse.toml   is this right? (BWS files work too)
              gatehouse doctor                 is this machine fit for it?
              gatehouse run -c gatehouse.toml  serve it until SIGTERM or Ctrl-C
              gatehouse reload                 have it read its configuration again
              gatehouse ./public               serve a directory over plain HTTP

            Exit codes: 0 done, 1 it could not be done, 2 wrong usage.
            """,
        version: version,
        subcommands: [
            RunCommand.self, CheckCommand.self, SchemaCommand.self, ExplainCommand.self, ReloadCommand.self,
            UpgradeCommand.self, StatusCommand.self, TopCommand.self, DashboardCommand.self,
            ServersCommand.self, ConnectionsCommand.self, CacheCommand.self, HistoryCommand.self, RollbackCommand.self,
            RecorderCommand.self, TapCommand.self, FleetCommand.self,
            CertsCommand.self, TrustCommand.self, TLSCommand.self, DoctorCommand.self, DemoCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    /// What other programs' words are here: nginx's, HAProxy's and Caddy's.
    private static let foreignWords = [
        "-t": "check", "configtest": "check", "test": "check", "validate": "check",
        "serve": "run", "start": "run", "restart": "upgrade",
        "-V": "--version", "-v": "--version", "version": "--version",
    ]

    /// What other programs call something for which there is no command here.
    private static let stopWords = ["stop", "quit", "shutdown"]

    /// What helps whoever has written a word that is no command: the default command takes any other word for a directory.
    /// - Parameter word: the first argument.
    /// - Returns: nil if the word is a command, another option, a path, or something that is there.
    static func advice(on word: String?) -> String? {
        guard let word, !FileAccess.isReadable(word) else { return nil }
        if let meant = foreignWords[word] { return "Did you mean \"gatehouse \(meant)\"?" }
        if stopWords.contains(word) { return "A running gateway stops on SIGTERM: \"gatehouse status\" names its process." }
        guard !word.hasPrefix("-") else { return nil }
        let commands = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard !commands.contains(word) else { return nil }
        if let meant = DidYouMean.nearest(to: word, among: commands) { return "Did you mean \"gatehouse \(meant)\"?" }
        let isPath = word.contains { $0 == "/" || $0 == "." }
        guard !isPath, FileAccess.problem(reading: word)?.code == ENOENT else { return nil }
        return "\"\(word)\" is no command: \"gatehouse --help\" lists them."
    }

    static func main() {
        StandardStreams.fill()
        // Swift reads its arguments there, and has none where it cannot: every command would be "run". Before there is a second
        // thread: Dispatch, which looks there for its threads' states, ends a process that has some and no /proc.
        if !FileAccess.isReadable("/proc/self/cmdline") {
            Console.error("gatehouse: its arguments cannot be read: /proc is not mounted here")
            Glibc.exit(1)
        }
        Task.detached {
            await perform()
            guard let fault = Console.outputFault else { Glibc.exit(0) }
            Console.error("gatehouse: standard output has not taken all of it: \(fault.reason)")
            Glibc.exit(1)
        }
        MainThread.shared.serve()
    }

    private static func perform() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            // sysexits' EX_USAGE, which the parser uses, is this program's 2.
            guard code == .validationFailure else { exit(withError: error) }
            Console.error(fullMessage(for: error))
            if let advice = advice(on: CommandLine.arguments.dropFirst().first) { Console.error(advice) }
            Glibc.exit(2)
        }
    }
}
