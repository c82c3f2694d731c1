import Glibc
import TestSupport

/// A real rsyslogd, which writes what it has understood of each message.
final class Rsyslog: Sendable {
    /// What it takes apart of a message.
    struct Entry: Equatable {
        var facility: String
        var severity: String
        var version: String
        var time: String
        var host: String
        var app: String
        var process: String
        var message: String
        var data: String
        var text: String

        init?(_ line: String) {
            let parts = line.split(separator: "|", maxSplits: 8, omittingEmptySubsequences: false).map(String.init)
            let priority = parts[0].split(separator: ".").map(String.init)
            guard parts.count == 9, priority.count == 2 else { return nil }
            (facility, severity, version, time, host) = (priority[0], priority[1], parts[1], parts[2], parts[3])
            (app, process, message, data, text) = (parts[4], parts[5], parts[6], parts[7], parts[8])
        }
    }

    /// It wrote something else than it was told to.
    struct NotUnderstood: Error, CustomStringConvertible {
        let description: String
    }

    private let process: ChildProcess
    /// What it has written.
    private let lines: ChildProcess

    /// - Parameter input: its input, as rsyslog.conf(5) writes it.
    init(_ input: String, in directory: TemporaryDirectory) async throws {
        let file = try directory.write(
            "rsyslog.conf",
            """
            global(workDirectory="\(directory.path)" processInternalMessages="on")
            module(load="imudp")
            module(load="imtcp")
            module(load="imuxsock" SysSock.Use="off")
            template(name="parts" type="string" string="%syslogfacility-text%.%syslogseverity-text%|%protocol-version%|\\
            %timereported:::date-rfc3339%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")
            \(input)
            action(type="omfile" file="\(directory.path)/messages" template="parts")
            """.replacing("\\\n", with: ""))
        process = try ChildProcess("rsyslogd", ["-n", "-f", file, "-i", "\(directory.path)/rsyslog.pid"])
        lines = try ChildProcess("tail", ["-n", "+1", "-F", "\(directory.path)/messages"])
        // It tells of its own start when its sockets are there.
        _ = try await lines.output.first("its start") { $0.contains("rsyslogd") && $0.contains("start") }
    }

    /// The first message whose text contains `word`, as soon as it is there.
    func first(_ word: String) async throws -> Entry {
        let line = try await lines.output.first(word) { Rsyslog.Entry($0)?.text.contains(word) == true }
        guard let entry = Entry(line) else { throw NotUnderstood(description: line) }
        return entry
    }

    var all: [Entry] { lines.output.all.compactMap { Entry($0) } }

    /// It does nothing, and reads nothing, until `goOn`.
    func pause() { process.signal(SIGSTOP) }

    func goOn() { process.signal(SIGCONT) }

    func stop() async throws {
        process.terminate()
        _ = try await process.exit()
        lines.kill()
    }
}
