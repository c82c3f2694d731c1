import Configuration
import EventLoop
import FoundationEssentials
import Gateway
import Glibc
import Logging

/// Writes what the flight recorder keeps to files: when it is asked to, and by itself when too many answers are 5xx.
actor RecorderDumps {
    /// What was written.
    struct Dump: Codable, Sendable {
        var file: String
        /// How many exchanges are in it.
        var exchanges: Int
        /// Workers that are stuck: what they keep is not in it. Nil: none.
        var silentWorkers: [Int]?
    }

    /// Why nothing was written.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private nonisolated let loop: EventLoop
    private let gateway: Gateway
    private let log: Logger
    private let version: String
    private var settings: Recorder
    private var stateDirectory: String
    private var watching: Task<Void, Never>?
    /// The last one of its own accord is told by answers that are still as bad.
    private var hasDumped = false

    /// Files have names that begin and end so.
    private static let (beginning, ending) = ("recorder-", ".jsonl")

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The loop's thread keeps the loop alive until the process ends.
        unsafe loop.asUnownedSerialExecutor()
    }

    /// - Parameter loop: whose thread runs.
    init(_ gateway: Gateway, _ configuration: Configuration, on loop: EventLoop, log: Logger) {
        self.loop = loop
        self.gateway = gateway
        self.log = log
        version = configuration.server.version ?? Gatehouse.version
        settings = configuration.recorder
        stateDirectory = configuration.stateDirectoryInUse
    }

    deinit { watching?.cancel() }

    /// From now on it goes by this configuration.
    func use(_ configuration: Configuration) {
        let before = settings.dumpOn
        settings = configuration.recorder
        stateDirectory = configuration.stateDirectoryInUse
        guard watching == nil || before != settings.dumpOn else { return }
        watching?.cancel()
        hasDumped = false
        watching = settings.dumpOn.map { rule in Task { [weak self] in await self?.watch(rule) } }
    }

    /// Is anything recorded at all?
    var isOn: Bool { settings.exchanges > 0 }

    /// Said where it is not.
    static let nothing = "nothing is recorded: recorder.exchanges is 0"

    /// Ends what it does by itself.
    func stop() { watching?.cancel() }

    /// Writes a file, and says so in the log.
    /// - Parameter cause: who or what wants it.
    func dump(_ cause: String) async throws(Failure) -> Dump {
        do throws(Failure) {
            guard isOn else { throw Failure(description: Self.nothing) }
            let dump = try write(await gateway.recorded(), cause)
            var metadata: Logger.Metadata = ["cause": "\(cause)", "exchanges": "\(dump.exchanges)", "file": "\(dump.file)"]
            if let silent = dump.silentWorkers {
                metadata["silent_workers"] = "\(silent.map(String.init).joined(separator: ","))"
            }
            log.notice("the flight recorder is written", metadata: metadata)
            return dump
        } catch {
            log.error("the flight recorder cannot be written", metadata: ["cause": "\(cause)", "reason": "\(error)"])
            throw error
        }
    }

    // MARK: Files

    /// Where nobody has named a directory, and the state directory is not ours to write to, it is the one of the admin socket.
    private func write(_ recorded: RecordedExchanges, _ cause: String) throws(Failure) -> Dump {
        let bytes = heading(recorded, cause) + recorded.lines
        var places = [settings.directory ?? "\(stateDirectory)/recorder"]
        if settings.directory == nil { places.append(RuntimeDirectory.own) }
        var reasons: [String] = []
        for place in places {
            do throws(SystemError) {
                let silent = recorded.silentWorkers.isEmpty ? nil : recorded.silentWorkers
                return Dump(file: try write(bytes, in: place), exchanges: recorded.count, silentWorkers: silent)
            } catch {
                reasons.append("\(place): \(error)")
            }
        }
        throw Failure(description: reasons.joined(separator: "; "))
    }

    private func write(_ bytes: [UInt8], in directory: String) throws(SystemError) -> String {
        try StateFile.makeDirectory(directory)
        // Milliseconds tell two apart that come in a row; the number tells two processes apart.
        let file = "\(directory)/\(Self.beginning)\(realtimeNanoseconds() / 1_000_000)-\(getpid())\(Self.ending)"
        try StateFile.write(bytes, to: file)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let dumps = names.filter { $0.hasPrefix(Self.beginning) && $0.hasSuffix(Self.ending) }.sorted()
        for name in dumps.dropLast(settings.keep) { StateFile.remove("\(directory)/\(name)") }
        return file
    }

    /// The first line: what this is, and why it was written.
    private func heading(_ recorded: RecordedExchanges, _ cause: String) -> [UInt8] {
        struct Heading: Encodable {
            var recorder: String
            var version: String
            var pid: Int32
            var time: String
            var exchanges: Int
        }
        let heading = Heading(
            recorder: cause, version: version, pid: getpid(),
            time: Timestamp.text(seconds: Int64(realtimeNanoseconds() / 1_000_000_000)), exchanges: recorded.count)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array((try? encoder.encode(heading)) ?? Data()) + [0x0A]
    }

    // MARK: By itself

    /// Looks at answers until it is cancelled.
    private func watch(_ rule: FailureShare) async {
        var window = AnswerWindow(from: await gateway.answers)
        var calm = 0
        while true {
            guard (try? await Task.sleep(for: rule.duration / AnswerWindow.looksPerDuration)) != nil else { return }
            window.look(await gateway.answers)
            guard let bad = window.failing(rule) else {
                calm += 1
                if calm >= AnswerWindow.looksPerDuration { hasDumped = false }
                continue
            }
            calm = 0
            guard !hasDumped else { continue }
            hasDumped = true
            _ = try? await dump("\(bad.failures) of \(bad.all) answers are 5xx")
        }
    }
}
