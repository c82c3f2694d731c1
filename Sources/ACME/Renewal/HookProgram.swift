import CLinux
import EventLoop
import Glibc

/// A program of the operator's that puts records into DNS: `PROGRAM add|remove NAME VALUE`.
struct HookProgram {
    let path: String
    /// How long one run may take, in nanoseconds.
    let timeout: UInt64

    /// Runs it to its end; one that hangs is killed.
    /// - Throws: `.hook` unless it ends with 0.
    nonisolated(nonsending) func run(
        _ verb: String, _ name: String, _ value: String, on waiter: Waiter, givesUp: () -> Bool
    ) async throws(ACMEError) {
        var pid: Int32 = 0
        // The texts are used during the call alone.
        let descriptor = unsafe gh_start_program(path, verb, name, value, &pid)
        guard descriptor >= 0 else { throw .hook("\(path): \(SystemError("posix_spawn"))") }
        let ended: Socket
        do throws(SystemError) { ended = try Socket(adopting: descriptor, on: waiter.loop) } catch {
            _ = gh_end_program(pid)
            throw .hook("\(path): \(error)")
        }
        defer { ended.close() }
        ended.waiter = waiter
        let deadline = waiter.loop.now &+ timeout
        while !ended.isReadable, waiter.loop.now < deadline, !givesUp() {
            ended.interest = .read
            _ = await waiter.wait(timeout: deadline - waiter.loop.now)
        }
        ended.interest = .none
        let isOver = ended.isReadable
        let code = gh_end_program(pid)
        guard isOver else {
            throw .hook("\(path) \(verb): not done in \(timeout / 1_000_000) ms (acme.dns_hook_timeout)")
        }
        guard code == 0 else {
            throw .hook("\(path) \(verb) \(name): " + (code < 0 ? "a signal ended it" : "ended with code \(code)"))
        }
    }
}
