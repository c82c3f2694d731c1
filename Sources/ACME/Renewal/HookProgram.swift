import CLinux
import EventLoop
import Glibc
import Logging

/// A program of the operator's that puts records into DNS: `PROGRAM add|remove NAME VALUE`.
struct HookProgram {
    let path: String
    /// How long one run may take, in nanoseconds.
    let timeout: UInt64
    /// Is told what the program says.
    let log: Logger

    /// Runs it to its end; one that hangs is killed.
    /// - Throws: `.hook` unless it ends with 0.
    nonisolated(nonsending) func run(
        _ verb: String, _ name: String, _ value: String, on waiter: Waiter, givesUp: () -> Bool
    ) async throws(ACMEError) {
        var (pid, pipe): (Int32, Int32) = (0, -1)
        // The texts are used during the call alone.
        let descriptor = unsafe gh_start_program(path, verb, name, value, &pid, &pipe)
        guard descriptor >= 0 else { throw .hook("\(path): \(SystemError("posix_spawn"))") }
        let ended, output: Socket
        do throws(SystemError) { ended = try Socket(adopting: descriptor, on: waiter.loop) } catch {
            close(pipe)
            _ = gh_end_program(pid)
            throw .hook("\(path): \(error)")
        }
        do throws(SystemError) { output = try Socket(adopting: pipe, on: waiter.loop) } catch {
            ended.close()
            _ = gh_end_program(pid)
            throw .hook("\(path): \(error)")
        }
        defer {
            ended.close()
            output.close()
        }
        var collected = ProgramOutput()
        let deadline = waiter.loop.now &+ timeout
        while !ended.isReadable, waiter.loop.now < deadline, !givesUp() {
            collected.read(output)
            if output.isReadable, !collected.isWhole {
                await waiter.loop.yield()
                continue
            }
            ended.setWaiter(waiter, interest: .read)
            output.setWaiter(waiter, interest: collected.isWhole ? .none : .read)
            _ = await waiter.wait(timeout: deadline - waiter.loop.now)
        }
        (ended.interest, output.interest) = (.none, .none)
        let isOver = ended.isReadable
        let code = gh_end_program(pid)
        collected.read(output)
        note(collected, "\(verb) \(name)")
        guard isOver else {
            throw .hook("\(path) \(verb): not done in \(timeout / 1_000_000) ms (acme.dns_hook_timeout)")
        }
        guard code == 0 else {
            throw .hook("\(path) \(verb) \(name): " + (code < 0 ? "a signal ended it" : "ended with code \(code)"))
        }
    }

    private func note(_ collected: ProgramOutput, _ arguments: String) {
        guard !collected.text.isEmpty else { return }
        var facts: Logger.Metadata = ["program": "\(path)", "arguments": "\(arguments)", "output": "\(collected.text)"]
        if collected.leftOut > 0 { facts["left_out_bytes"] = "\(collected.leftOut)" }
        log.notice("a program says", metadata: facts)
    }
}

/// The end of what a program says on its output and its error output: that it failed, and why, comes last.
private struct ProgramOutput {
    /// The most bytes that are kept, however much it says.
    private static let maxKeptBytes = 4096
    /// The most that is read at once: others of the loop must not wait for a program that does nothing but talk.
    private static let maxReadBytes = 65_536

    private var end: [UInt8] = []
    private var count = 0
    /// Has everybody closed the pipe who could write to it?
    private(set) var isWhole = false

    var leftOut: Int { count - end.count }

    var text: String {
        var text = Substring(String(decoding: end, as: UTF8.self))
        while text.last?.isNewline == true { text.removeLast() }
        return String(text)
    }

    /// Reads what there is; afterwards the pipe is readable only if that was not all.
    mutating func read(_ pipe: Socket) {
        guard !isWhole else { return }
        var piece = [UInt8](repeating: 0, count: Self.maxReadBytes)
        // read(2) writes at most the piece's own length into it.
        let read = unsafe Glibc.read(pipe.descriptor, &piece, piece.count)
        guard read > 0 else {
            isWhole = read == 0
            pipe.isReadable = read < 0 && errno == EINTR
            return
        }
        count += read
        end = Array((end + piece[..<read]).suffix(Self.maxKeptBytes))
        // A full piece is followed by more, perhaps; of a pipe a short one says that it is empty now.
        pipe.isReadable = read == piece.count
    }
}
