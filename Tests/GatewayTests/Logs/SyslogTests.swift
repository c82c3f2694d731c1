import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Logs that go to syslog")
struct SyslogTests {
    private struct NotServed: Error {}

    private func site(_ port: FreePort, _ logging: String) -> String {
        """
        [logging]
        \(logging)
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        respond = { body = "hello" }
        """
    }

    /// How a receiver listens, and what the configuration says of it.
    private func ways(_ way: String, _ directory: TemporaryDirectory) async throws -> (input: String, logging: String) {
        let port = try FreePort()
        switch way {
        case "udp": return ("input(type=\"imudp\" address=\"127.0.0.1\" port=\"\(port)\")", "syslog+udp://127.0.0.1:\(port)")
        case "tcp": return ("input(type=\"imtcp\" address=\"127.0.0.1\" port=\"\(port)\")", "syslog+tcp://localhost:\(port)")
        case "tls":
            let certificates = try await Certificates.ready()
            let input = """
                input(type="imtcp" address="127.0.0.1" port="\(port)" streamdriver.name="gtls" streamdriver.mode="1" \
                streamdriver.authmode="anon" streamdriver.CAFile="\(certificates.authority)" \
                streamdriver.CertFile="\(certificates.local.certificate)" streamdriver.KeyFile="\(certificates.local.key)")
                """
            return (input, "syslog+tls://localhost:\(port)\"\nsyslog_ca_file = \"\(certificates.authority)")
        default:
            let input = """
                input(type="imuxsock" Socket="\(directory.path)/log" UseSpecialParser="off" IgnoreTimestamp="off" \
                UseSysTimeStamp="off")
                """
            return (input, "syslog+unix:\(directory.path)/log")
        }
    }

    @Test("are taken apart by rsyslog as RFC 5424 has them", arguments: ["udp", "tcp", "tls", "unix"])
    func rsyslog(way: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways(way, directory)
        let rsyslog = try await Rsyslog(input, in: directory)
        let toml = site(
            port, "access_log = \"\(destination)\"\nformat = \"json\"\nsyslog_facility = \"local3\"\nlevel = \"debug\"")
        try await Gatehouse.serving(toml) { gatehouse in
            let agent = "a \"quoted\" agent \u{e9}"
            let answer = try await Command.curl(["-A", agent, "http://127.0.0.1:\(port)/page?a=1"])
            #expect(answer.text == "hello")
            let entry = try await rsyslog.first("/page")
            #expect(entry.facility == "local3" && entry.severity == "info" && entry.version == "1")
            #expect(entry.app == "gatehouse" && entry.message == "access" && entry.data == "-")
            #expect(entry.process == "\(gatehouse.process.pid)")
            let line = try #require(AccessEntry(entry.text), "\(entry)")
            #expect(line["target"] == "/page?a=1" && line["user_agent"] == "a \"quoted\" agent \u{c3}\u{a9}")
            // The line's own time, to the millisecond.
            #expect(line["time"]?.prefix(23) == entry.time.prefix(23), "\(entry)")
        }
        try await rsyslog.stop()
    }

    @Test("and diagnostics have their level, and their own MSGID")
    func diagnostics() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways("tcp", directory)
        let rsyslog = try await Rsyslog(input, in: directory)
        let text = site(port, "access_log = \"\(destination)\"\nerror_log = \"\(destination)\"")
        let file = try directory.write("gatehouse.toml", text)
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file])
        let start = try await rsyslog.first("serving addresses=")
        #expect(start.message == "diagnostics" && start.severity == "notice" && start.facility == "daemon")
        #expect(start.text.hasPrefix("gatehouse: notice: serving"))
        _ = try await Command.curl(["http://127.0.0.1:\(port)/page"])
        #expect(try await rsyslog.first("/page").message == "access")
        process.terminate()
        #expect(try await process.exit() == .code(0))
        #expect(try await rsyslog.first("stopped").message == "diagnostics")
        try await rsyslog.stop()
    }

    @Test("are one message each, however long what a client sends", arguments: ["udp", "tcp", "unix"])
    func long(way: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways(way, directory)
        let rsyslog = try await Rsyslog(input, in: directory)
        try await Gatehouse.serving(site(port, "access_log = \"\(destination)\"\nformat = \"json\"")) { _ in
            let agent = String(repeating: "<14>1 - - forged - - - a line ", count: 250)
            let target = "/long/" + String(repeating: "x", count: 3_000)
            _ = try await Command.curl(["-A", agent, "http://127.0.0.1:\(port)\(target)"])
            _ = try await Command.curl(["http://127.0.0.1:\(port)/after"])
            #expect(try await rsyslog.first("/long/").text.hasSuffix("[cut]"))
            _ = try await rsyslog.first("/after")
            #expect(rsyslog.all.filter { $0.message == "access" }.count == 2)
            #expect(!rsyslog.all.contains { $0.app == "forged" })
        }
        try await rsyslog.stop()
    }

    @Test("wait for a receiver that comes later, and are all there")
    func later() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways("tcp", directory)
        let toml = site(port, "access_log = \"\(destination)\"\nlevel = \"debug\"")
        try await Gatehouse.serving(toml) { gatehouse in
            for number in 1...5 { _ = try await Command.curl(["http://127.0.0.1:\(port)/\(number)/"]) }
            let said = try await gatehouse.log.first { $0.contains("a log's receiver cannot be reached: lines wait") }
            #expect(said.contains("key=logging.access_log") && said.contains("Connection refused"), "\(said)")
            let rsyslog = try await Rsyslog(input, in: directory)
            for number in 1...5 { _ = try await rsyslog.first("GET /\(number)/ ") }
            _ = try await gatehouse.log.first { $0.contains("a log's receiver is there again") }
            try await rsyslog.stop()
        }
    }

    @Test("are told of where nobody has taken them when the gateway ends")
    func untaken() async throws {
        let (directory, port, nobody) = try (TemporaryDirectory(), FreePort(), FreePort())
        let toml = site(port, "access_log = \"syslog+tcp://127.0.0.1:\(nobody)\"")
        let file = try directory.write("gatehouse.toml", toml)
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file], directory: directory.path)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        for _ in 0..<3 { _ = try await Command.curl(["http://127.0.0.1:\(port)/"]) }
        process.terminate()
        #expect(try await process.exit() == .code(0))
        let said = "a log ends before it is written: lines are lost key=logging.access_log lost=3"
        _ = try await process.errors.first { $0.hasSuffix(said) }
    }

    @Test("are all there when the receiver is started anew, also those of the time between", arguments: ["tcp", "tls", "unix"])
    func restarted(way: String) async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways(way, directory)
        // Each has files of its own.
        let places = try (0..<3).map { _ in try TemporaryDirectory() }
        defer { withExtendedLifetime(places) {} }
        let first = try await Rsyslog(input, in: places[0])
        try await Gatehouse.serving(site(port, "access_log = \"\(destination)\"\nlevel = \"debug\"")) { gatehouse in
            func ask(_ page: String) async throws { _ = try await Command.curl(["http://127.0.0.1:\(port)/\(page)/"]) }
            try await ask("first")
            _ = try await first.first("GET /first/ ")
            try await first.stop()
            let second = try await Rsyslog(input, in: places[1])
            try await ask("second")
            _ = try await second.first("GET /second/ ")
            try await second.stop()
            try await ask("between")
            _ = try await gatehouse.log.first { $0.contains("a log's receiver cannot be reached: lines wait") }
            try await ask("waiting")
            let third = try await Rsyslog(input, in: places[2])
            for page in ["between", "waiting"] { _ = try await third.first("GET /\(page)/ ") }
            try await third.stop()
            #expect(!gatehouse.log.all.contains { $0.contains("lines are lost") })
        }
    }

    @Test("are not given to somebody whose certificate nobody trusts")
    func stranger() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways("tls", directory)
        let rsyslog = try await Rsyslog(input, in: directory)
        // Without the authority's file the system's decide, and the test's is none of them.
        let named = destination.split(separator: "\"")[0]
        let toml = site(port, "access_log = \"\(named)\"\nlevel = \"debug\"")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/secret"])
            let said = try await gatehouse.log.first { $0.contains("a log's receiver cannot be reached: lines wait") }
            #expect(said.contains("certificate"), "\(said)")
        }
        #expect(!rsyslog.all.contains { $0.text.contains("/secret") })
        try await rsyslog.stop()
    }

    @Test("do not wait for a handshake that comes byte by byte, and it is told")
    func endlessHello() async throws {
        let port = try FreePort()
        let server = try ChildProcess(Place.python, [Place.peer("endless_hello.py")])
        let receiver = try await server.output.first("its port") { Int($0) != nil }
        let destination = "access_log = \"syslog+tls://127.0.0.1:\(receiver)\"\nlevel = \"debug\""
        try await Gatehouse.serving(site(port, destination)) { gatehouse in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/"])
            let said = try await gatehouse.log.first { $0.contains("a log's receiver cannot be reached: lines wait") }
            #expect(said.contains("no answer in time"), "\(said)")
        }
        server.kill()
        _ = try await server.exit()
    }

    @Test("do not wait for somebody who writes into a pipe that lies where the authorities should")
    func pipe() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let receiver = try Upstream { _, wire in _ = try wire.readToEnd() }
        let pipe = directory.path + "/authorities.pem"
        // As a pipe it would be refused at the start; afterwards it is read when there is a line to send.
        try await FileManager.default.copyItem(atPath: Certificates.ready().authority, toPath: pipe)
        let destination = "access_log = \"syslog+tls://localhost:\(receiver)\"\nsyslog_ca_file = \"\(pipe)\""
        try await Gatehouse.serving(site(port, destination + "\nlevel = \"debug\"")) { gatehouse in
            try FileManager.default.removeItem(atPath: pipe)
            // The call reads the path alone.
            try #require(unsafe mkfifo(pipe, 0o600) == 0)
            _ = try await Command.curl(["http://127.0.0.1:\(port)/"])
            let said = try await gatehouse.log.first { $0.contains("a log's receiver cannot be reached: lines wait") }
            #expect(said.contains("\(pipe): it is not a regular file"), "\(said)")
        }
    }

    @Test("never stop requests when the receiver is stopped by a signal, and what is missing is counted")
    func stopped() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let (input, destination) = try await ways("tcp", directory)
        let rsyslog = try await Rsyslog(input, in: directory)
        let toml = site(port, "access_log = \"\(destination)\"\nformat = \"json\"\nlevel = \"debug\"")
        try await Gatehouse.serving(toml) { gatehouse in
            _ = try await Command.curl(["http://127.0.0.1:\(port)/first"])
            _ = try await rsyslog.first("/first")
            rsyslog.pause()
            // As long as a message can be, and quickly made: what waits must outgrow its room before the send is given up.
            let agent = String(repeating: "a", count: 8000)
            try await onThread {
                let wire = try Wire(to: port.number)
                var sent = 0
                while !gatehouse.log.all.contains(where: { $0.contains("lines are dropped key=logging.access_log") }) {
                    try wire.write("GET /\(sent) HTTP/1.1\r\nHost: localhost\r\nUser-Agent: \(agent)\r\n\r\n")
                    guard try wire.readAnswer().status == 200, sent < 20_000 else { throw NotServed() }
                    sent += 1
                }
            }
            rsyslog.goOn()
            let said = try await gatehouse.log.first { $0.contains("a log is read again") }
            let dropped = Int(said.split(separator: " dropped=").last?.prefix { $0.isNumber } ?? "") ?? 0
            #expect(dropped > 0, "\(said)")
            _ = try await Command.curl(["http://127.0.0.1:\(port)/last"])
            _ = try await rsyslog.first("/last")
        }
        try await rsyslog.stop()
    }
}
