import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Logs that go to systemd's journal")
struct JournalTests {
    private static let daemon = "/lib/systemd/systemd-journald"
    private static var canRun: Bool { getuid() == 0 && FileManager.default.isExecutableFile(atPath: daemon) }

    /// A journal of its own, which these processes alone see; ends when its input does. It is followed when something is in it:
    /// journalctl 252 ends over a file that journald has not made ready.
    private static let script = """
        unset RUNTIME_DIRECTORY STATE_DIRECTORY
        mount -t tmpfs none /run && mkdir -p /run/systemd || exit 2
        \(daemon) & journal=$!
        until [ -S /run/systemd/journal/socket ]; do kill -0 $journal || exit 3; done
        "$0" run -c "$1" & gatehouse=$!
        until journalctl -q -D /run/log/journal -t gatehouse --no-pager 2>/dev/null | grep -q serving
        do kill -0 $gatehouse || exit 4; done
        journalctl -f -n all -D /run/log/journal -o json -t gatehouse --no-pager & reader=$!
        read -r line
        kill $gatehouse; wait $gatehouse; code=$?
        kill $journal; wait $journal; kill $reader
        exit $code
        """

    @Test("are entries with priority, name and text", .enabled("no journald, or not root") { canRun })
    func entries() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let file = try directory.write(
            "gatehouse.toml",
            """
            [logging]
            access_log = "journald"
            error_log = "journald"
            format = "compact"
            [admin]
            socket = "none"
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            respond = { body = "hello" }
            """)
        let process = try ChildProcess(
            "unshare",
            ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", Self.script, Place.gatehouse, file])
        let start = try await process.output.first { $0.contains("serving addresses=") }
        let first = try #require(AccessEntry(start), "\(start)")
        #expect(first["PRIORITY"] == "5" && first["SYSLOG_IDENTIFIER"] == "gatehouse" && first["GATEHOUSE_LOG"] == "diagnostics")
        #expect(first["MESSAGE"]?.hasPrefix("gatehouse: notice: serving") == true)
        _ = try await Command.curl(["-A", "a\u{e9} agent", "http://127.0.0.1:\(port)/page?MESSAGE=x"])
        let line = try await process.output.first { $0.contains("/page") }
        let entry = try #require(AccessEntry(line), "\(line)")
        #expect(entry["PRIORITY"] == "6" && entry["GATEHOUSE_LOG"] == "access" && entry["SYSLOG_FACILITY"] == "3")
        #expect(entry["MESSAGE"]?.contains("\"GET /page?MESSAGE=x HTTP/1.1\" 200 5") == true, "\(line)")
        try process.write("end\n")
        #expect(try await process.exit() == .code(0))
    }
}
