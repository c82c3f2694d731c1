import ArgumentParser
import EventLoop

/// Which gateway a command is for.
struct AdminOptions: ParsableArguments {
    @Option(help: "The admin socket of the gateway; needed only if several run.")
    var socket: String?

    /// The one gateway that is meant.
    /// - Throws: `ExitCode(1)` if there is none, or if it is not certain which one.
    func client() throws -> AdminClient {
        let path = try socket ?? onlySocket()
        do throws(SystemError) {
            return try AdminClient(path)
        } catch {
            Console.error("gatehouse: \(error)")
            throw ExitCode(1)
        }
    }

    private func onlySocket() throws -> String {
        let found = RuntimeDirectory.sockets
        if found.count == 1 { return found[0] }
        if found.isEmpty {
            Console.error(
                "gatehouse: no gateway runs here that could be asked: there is no admin socket in \(RuntimeDirectory.description)"
            )
            Console.error("Name it with --socket, as [admin] socket of its configuration does.")
        } else {
            Console.error("gatehouse: several gateways run here; name the socket of one with --socket:")
            for path in found { Console.error("  \(path)") }
        }
        throw ExitCode(1)
    }

    /// Carries out what a command asks, and says why it cannot be done.
    func ask<Answer>(_ body: (AdminClient) async throws -> Answer) async throws -> Answer {
        do {
            return try await body(try client())
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
