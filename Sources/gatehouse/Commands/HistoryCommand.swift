import ArgumentParser
import FoundationEssentials
import HTTP

/// `gatehouse history`
struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "The configurations that a running gateway had in use, the newest first.")

    @OptionGroup var admin: AdminOptions

    @Flag(help: "As JSON.")
    var json = false

    func run() async throws {
        let history: AdminHistory = try await admin.ask { try await $0.ask(.get, "/history") }
        guard !json else { return Console.say(try AdminClient.text(history)) }
        if let problem = history.problem { Console.error("gatehouse: the configuration in use could not be kept: \(problem)") }
        guard !history.entries.isEmpty else { return Console.say("no configuration is kept in \(history.directory)") }
        let rows = history.entries.map { entry in
            [String(entry.hash.prefix(12)), entry.time, entry.problem ?? (entry.isCurrent ? "in use" : "")]
        }
        Console.say(Table.text([["configuration", "in use since", ""]] + rows))
    }
}

/// `gatehouse rollback`
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Have a running gateway go back to a configuration that it had in use.",
        discussion: """
            As a reload: whole, or refused with every reason. The gateway's configuration
            file stays as it is, and the next reload reads it.
            """)

    @Argument(help: "The beginning of the configuration's hash, as gatehouse history shows it (default: the one before).")
    var hash: String?

    @OptionGroup var admin: AdminOptions

    func validate() throws {
        guard let hash, !(4...64).contains(hash.utf8.count) || !hash.allSatisfy(\.isHexDigit) else { return }
        throw ValidationError(
            "\"\(hash)\" begins no configuration's hash: that is 4 to 64 hexadecimal digits, as gatehouse history shows them.")
    }

    func run() async throws {
        let body = hash.map { AdminRollback(hash: $0) }
        let reload: AdminReload = try await admin.ask { try await $0.ask(.post, "/rollback", body: body) }
        for change in reload.changes { Console.say(change.text) }
        if reload.changes.isEmpty { Console.say("nothing has changed") }
        Console.say("rolled back: generation \(reload.generation); the configuration file is as it was")
    }
}
