import ArgumentParser
import EventLoop
import HTTP

/// Which gateway a command is for.
struct AdminOptions: ParsableArguments {
    @Option(help: "The admin socket of the gateway; needed only if several run.")
    var socket: String?

    /// The one gateway that is meant.
    /// - Throws: `ExitCode(1)` if there is none, or if it is not certain which one.
    private func client() async throws -> AdminClient {
        let path = if let socket { socket } else { try await onlySocket() }
        do throws(SystemError) {
            return try AdminClient(path)
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }

    private func onlySocket() async throws -> String {
        let found = RuntimeDirectory.sockets
        if found.count == 1 { return found[0] }
        if found.isEmpty, let closed = RuntimeDirectory.closed {
            Console.error("gatehouse: it cannot be seen whether a gateway runs here: \(closed.path): \(closed.reason)")
            Console.error("Ask as root, or as the user that the gateway runs as: only these are answered.")
        } else if found.isEmpty {
            Console.error(
                "gatehouse: no gateway runs here that could be asked: there is no admin socket in \(RuntimeDirectory.description)"
            )
            Console.error("Name it with --socket, as [admin] socket of its configuration does.")
        } else {
            Console.error("gatehouse: several gateways run here; name the socket of one with --socket:")
            var rows = [["socket", "process", "configuration", "listens on"]]
            for path in found { rows.append([path] + (await Self.facts(of: path))) }
            for line in Table.text(rows).split(separator: "\n") { Console.error("  \(line)") }
        }
        throw ExitCode(1)
    }

    /// What a gateway says of itself, so that it can be told from others.
    private static func facts(of path: String) async -> [String] {
        guard let client = try? AdminClient(path, timeout: AdminClient.shortTimeout),
            let status: AdminStatus = try? await client.ask(.get, "/status")
        else { return ["-", "-", "does not answer"] }
        return [
            "\(status.pid)", status.configuration.isEmpty ? "none" : status.configuration,
            status.addresses.joined(separator: " "),
        ]
    }

    /// Says that what was to be followed until somebody has had enough has ended before.
    static func gatewayHasEnded() -> ExitCode {
        Console.error("gatehouse: the gateway has ended")
        return ExitCode(1)
    }

    /// Carries out what a command asks, and says why it cannot be done.
    func ask<Answer>(_ body: (AdminClient) async throws -> Answer) async throws -> Answer {
        do {
            return try await body(try await client())
        } catch let refusal as AdminRefusal {
            for problem in refusal.problem.problems ?? [] { Console.error(problem.text) }
            Console.error("gatehouse: \(refusal.problem.title)")
            throw ExitCode(1)
        } catch let error as ExitCode {
            throw error
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }
}
