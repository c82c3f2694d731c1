import ArgumentParser
import Glibc

/// The command. Exit codes: 0 done, 1 it could not be done (configuration, files, addresses), 2 wrong usage.
@main
struct Gatehouse: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "A TLS-terminating gateway for HTTPS and WSS.",
        discussion: """
            Start here:
              gatehouse demo                    see it work: an echo service and a chat room over TLS
              gatehouse check gatehouse.toml    is this configuration right? (BWS files work too)
              gatehouse run -c gatehouse.toml   serve it until SIGTERM or Ctrl-C
              gatehouse ./public                serve a directory over plain HTTP at once

            Exit codes: 0 done, 1 it could not be done, 2 wrong usage.
            """,
        version: version,
        subcommands: [RunCommand.self, CheckCommand.self, DemoCommand.self],
        defaultSubcommand: RunCommand.self)

    static func main() async {
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
            Glibc.exit(2)
        }
    }
}
