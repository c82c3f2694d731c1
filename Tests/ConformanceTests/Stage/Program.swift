import Foundation
import Glibc

/// The built gatehouse, running as a process of its own, and what it writes.
final class Program {
    private let process = Process()
    /// Holds the wrapper's standard input open: when this process ends, however it ends, the wrapper ends gatehouse.
    private let leash = Pipe()
    private let output = Pipe()
    private let errors = Pipe()
    /// Complete lines of the access log.
    private(set) var accessLines: [String] = []
    /// Complete lines of the diagnostics log.
    private(set) var errorLines: [String] = []
    private var unfinished: [[UInt8]] = [[], []]

    /// Starts gatehouse with a configuration and waits until it says that it serves.
    init(configuration: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(UUID().uuidString).toml")
        try Data(configuration.utf8).write(to: file)
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", Program.wrapper, Program.path, "run", "-c", file.path]
        process.standardInput = leash
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        for pipe in [output, errors] { Descriptor.setNonBlocking(pipe.fileHandleForReading.fileDescriptor) }
        let isUp = waitForLines { $0.errorLines.contains { $0.contains("serving") } }
        try? FileManager.default.removeItem(at: file)
        guard isUp else { throw StageError("gatehouse does not start: \(errorLines.joined(separator: "\n"))\n\(configuration)") }
    }

    /// Runs gatehouse until its own standard input ends. It closes the pipes that it has inherited first: the leash of another
    /// test's program in here would keep that one alive, and that one's in there this one. (The socket is for `Process`, which
    /// takes its end for the program's.)
    private static let wrapper = """
        for fd in /proc/$$/fd/*; do n=${fd##*/}; if [ "$n" -gt 2 ] && [ -p "$fd" ]; then eval "exec $n>&-"; fi; done
        "$0" "$@" </dev/null & read _; kill $!
        """

    /// For poll(2).
    var interests: [(Int32, Int16)] {
        [output, errors].map { ($0.fileHandleForReading.fileDescriptor, Int16(POLLIN)) }
    }

    /// Reads what has been written.
    func step() {
        for (index, pipe) in [output, errors].enumerated() {
            while let bytes = try? Descriptor.read(pipe.fileHandleForReading.fileDescriptor), !bytes.isEmpty {
                unfinished[index] += bytes
                while let end = unfinished[index].firstIndex(of: 0x0A) {
                    let line = String(decoding: unfinished[index][..<end], as: UTF8.self)
                    unfinished[index].removeFirst(end + 1)
                    if index == 0 { accessLines.append(line) } else { errorLines.append(line) }
                }
            }
        }
    }

    /// Waits for lines that satisfy `condition`.
    func waitForLines(milliseconds: Int32 = 60_000, until condition: (Program) -> Bool) -> Bool {
        let deadline = Date().addingTimeInterval(Double(milliseconds) / 1000)
        while true {
            step()
            if condition(self) { return true }
            let left = deadline.timeIntervalSinceNow
            guard left > 0, Descriptor.wait(interests, milliseconds: Int32(left * 1000) + 1) else { return false }
            if !process.isRunning { return false }
        }
    }

    /// Does it still run?
    var isRunning: Bool { process.isRunning }

    func stop() {
        try? leash.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    deinit { stop() }

    /// The binary beside the test bundle.
    static let path: String = {
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("gatehouse").path
    }()
}

/// Files that the tests share: certificates, and a directory with one small file.
struct Properties: Sendable {
    let certificates: String
    let files: String

    /// Made once for the test run, in a directory of its own.
    static let shared: Properties = {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-conformance-\(getpid())")
        let files = root.appendingPathComponent("files")
        try? FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        for (name, text) in [("probe.txt", "probe"), ("a b.txt", "spaced"), ("up.txt", "beside")] {
            try? Data(text.utf8).write(to: files.appendingPathComponent(name))
        }
        let certificates = root.appendingPathComponent("certs").path
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let make = Process()
        make.executableURL = repository.appendingPathComponent("scripts/make-certs")
        make.arguments = [certificates]
        make.standardOutput = FileHandle.nullDevice
        make.standardError = FileHandle.nullDevice
        try? make.run()
        make.waitUntilExit()
        return Properties(certificates: certificates, files: files.path)
    }()
}
