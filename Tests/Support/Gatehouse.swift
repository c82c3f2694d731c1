import Foundation
import Glibc

/// The built program, serving a configuration of a test's own.
package final class Gatehouse: Sendable {
    /// A test's failure, with all that Gatehouse said.
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    package let process: ChildProcess
    /// Lines of the diagnostics log.
    package var log: Journal<String> { process.errors }
    private let directory: TemporaryDirectory

    /// Serves while `body` runs; afterwards it must stop by SIGTERM with exit code 0.
    ///
    /// - Parameters:
    ///   - toml: the configuration; `[logging]`, `[limits]` and `[performance]` are added to it unless it has them.
    ///   - workers: worker threads.
    ///   - hosts: what it finds in /etc/hosts, as `canBeGivenHosts` says; this machine's own if nil.
    ///   - hasLocalhost: whether it finds localhost there besides.
    ///   - resolvers: a file that it finds as /etc/resolv.conf; this machine's own if nil.
    package static func serving<Result>(
        _ toml: String, workers: Int = 1, environment: [String: String] = [:], hosts: String? = nil,
        hasLocalhost: Bool = true, resolvers: String? = nil, _ body: (Gatehouse) async throws -> Result
    ) async throws -> Result {
        await Turnstile.gatehouses.enter()
        do {
            let gatehouse = try await Gatehouse(
                toml, workers, environment, hosts.map { (hasLocalhost ? "127.0.0.1 localhost\n" : "") + $0 }, resolvers)
            let result = try await gatehouse.run(body)
            await Turnstile.gatehouses.leave()
            return result
        } catch {
            await Turnstile.gatehouses.leave()
            throw error
        }
    }

    private func run<Result>(_ body: (Gatehouse) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            try await stop()
            return result
        } catch {
            process.kill()
            throw Failed(description: "\(error)\n--- gatehouse said:\n\(story)")
        }
    }

    private init(
        _ toml: String, _ workers: Int, _ environment: [String: String], _ hosts: String?, _ resolvers: String?
    ) async throws {
        directory = try TemporaryDirectory()
        let file = try directory.write("gatehouse.toml", Self.completed(toml, workers))
        var files: [String: String] = [:]
        if let hosts { files["/etc/hosts"] = try directory.write("hosts", hosts) }
        if let resolvers { files["/etc/resolv.conf"] = resolvers }
        let command = Self.seeing(files, [Place.gatehouse, "run", "-c", file])
        process = try ChildProcess(command[0], Array(command.dropFirst()), environment: environment)
        do {
            _ = try await log.first("\"serving\"") { $0.contains(": serving addresses=") }
        } catch {
            throw Failed(description: "gatehouse did not start\n\(story)")
        }
    }

    /// A command that sees other files than this machine's: in a mount namespace of its own and, without rights, a user
    /// namespace.
    /// - Parameter files: what it sees, by the paths of this machine's.
    private static func seeing(_ files: [String: String], _ command: [String]) -> [String] {
        guard !files.isEmpty else { return command }
        let flags = getuid() == 0 ? ["--mount"] : ["--map-root-user", "--mount"]
        let mounts = files.map { "mount --bind '\($0.value)' '\($0.key)' && " }.joined()
        return ["unshare"] + flags + ["sh", "-c", mounts + "exec \"$@\"", "sh"] + command
    }

    /// May a program of ours be given an /etc/hosts of its own? Some containers allow no namespaces.
    package static func canBeGivenHosts() async throws -> Bool {
        let command = seeing(["/etc/hosts": "/etc/hosts"], ["true"])
        return try await Command.run(command[0], Array(command.dropFirst())).exit == .code(0)
    }

    private static func completed(_ toml: String, _ workers: Int) -> String {
        var text = toml
        if !toml.contains("[logging]") { text = "[logging]\nformat = \"json\"\nlevel = \"debug\"\n" + text }
        // A machine that is slow because many tests run at once must not look like a peer that is slow.
        if !toml.contains("[limits]") { text = Self.patientLimits + text }
        if !toml.contains("[performance]") { text = "[performance]\nworker_threads = \(workers)\n" + text }
        return text
    }

    private static let patientLimits = """
        [limits]
        handshake_timeout = 600
        head_timeout = 600
        body_timeout = 600
        send_timeout = 600

        """

    /// SIGTERM, and what must come of it.
    private func stop() async throws {
        process.terminate()
        let exit = try await process.exit()
        guard exit == .code(0) else { throw Failed(description: "stopped with \(exit), not with exit code 0") }
        guard log.all.contains(where: { $0.hasSuffix(": stopped") }) else { throw Failed(description: "did not say \"stopped\"") }
    }

    private var story: String { (log.all + ["--- access:"] + process.output.all).joined(separator: "\n") }

    // MARK: What it said

    /// The access line of an exchange, as soon as it is written.
    package func access(_ target: String) async throws -> AccessEntry {
        let line = try await process.output.first("the access line of \(target)") { AccessEntry($0)?["target"] == target }
        return AccessEntry(line)!
    }

    /// The first access line with this reason.
    package func access(reason: String) async throws -> AccessEntry {
        let line = try await process.output.first("an access line with reason \(reason)") { AccessEntry($0)?["reason"] == reason }
        return AccessEntry(line)!
    }

    package var accessEntries: [AccessEntry] { process.output.all.compactMap { AccessEntry($0) } }

    // MARK: Standing still

    /// Stops all of its threads (SIGSTOP): whatever happens until `goOn`, it learns of at once.
    package func pause() async throws {
        process.signal(SIGSTOP)
        let folder = "/proc/\(process.pid)/task"
        try await eventually("the gateway stands still") {
            try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy {
                (try? String(contentsOfFile: "\(folder)/\($0)/stat", encoding: .utf8))?.contains(") T ") ?? true
            }
        }
    }

    /// Ends the pause.
    package func goOn() { process.signal(SIGCONT) }

    // MARK: What it uses

    /// Waits until no more than `limit` descriptors are open: closing takes its time.
    /// - Returns: how many there are.
    package func settledDescriptors(atMost limit: Int) async throws -> Int {
        let deadline = ContinuousClock.now + .seconds(Place.patience)
        while true {
            let count = descriptorCount
            if count > 0, count <= limit { return count }
            guard ContinuousClock.now < deadline else {
                throw Failed(description: "\(count) descriptors, not \(limit) as before: \(descriptors)")
            }
            await nextLook(after: .milliseconds(10))
        }
    }

    /// Waits until it uses no CPU time to speak of, as whoever has nothing to do.
    package func expectIdle() async throws {
        let deadline = ContinuousClock.now + .seconds(Place.patience)
        while true {
            let before = cpuTicks
            await nextLook(after: .milliseconds(500))
            // Half a second of a spinning thread is 50 ticks; the timers of idle workers are none, or one.
            if cpuTicks - before <= 2 { return }
            guard ContinuousClock.now < deadline else {
                throw Failed(description: "it spins: \(cpuTicks - before) ticks in half a second")
            }
        }
    }

    /// Open descriptors.
    package var descriptorCount: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd").count) ?? 0
    }

    /// What its open descriptors are, as /proc names it: "3 socket:[1234]".
    private var descriptors: String {
        let folder = "/proc/\(process.pid)/fd"
        let numbers = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap { Int($0) }.sorted()
        return numbers.map { number in
            "\(number) \((try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(number)")) ?? "gone")"
        }.joined(separator: ", ")
    }

    /// The highest resident memory so far, in bytes (VmHWM of proc_pid_status(5)).
    package var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (Int(line.split(separator: " ").dropLast().last?.split(separator: "\t").last ?? "") ?? 0) * 1024
    }

    /// CPU time so far in clock ticks (proc_pid_stat(5)), of which there are 100 in a second.
    package var cpuTicks: Int {
        let stat = (try? String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)) ?? ""
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12 else { return 0 }
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }
}

/// One line of the access log in JSON.
package struct AccessEntry: Sendable, CustomStringConvertible {
    private let values: [String: String]
    package let description: String

    package init?(_ line: String) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else { return nil }
        values = object.mapValues { "\($0)" }
        description = line
    }

    /// A value as text; nil if the line lacks it.
    package subscript(_ key: String) -> String? { values[key] }
}
