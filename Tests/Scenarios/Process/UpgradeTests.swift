import Foundation
import Glibc
import TestSupport
import Testing

/// Another process takes the place of the one that runs.
@Suite("Upgrading")
struct UpgradeTests {
    /// A program that is replaced by `gatehouse upgrade`. All processes share its standard output and standard error.
    private struct Running {
        let process: ChildProcess
        let directory: TemporaryDirectory
        /// The admin socket that the configuration names; nil: each process has its own in `directory`.
        private let socket: String?

        init(_ toml: String, program: String = Place.gatehouse, environment: [String: String] = [:]) async throws {
            directory = try TemporaryDirectory()
            socket = toml.firstMatch(of: /socket = "(.+)"/).map { String($0.1) }
            let environment = environment.merging(["RUNTIME_DIRECTORY": directory.path + "/run"]) { given, _ in given }
            let file = try directory.write("gatehouse.toml", Self.complete(toml))
            process = try ChildProcess(program, ["run", "-c", file], environment: environment)
            _ = try await process.errors.first { $0.contains(": serving addresses=") }
        }

        static func complete(_ toml: String) -> String {
            // A machine that is slow because many tests run at once must not look like a client that is slow.
            let limits = toml.contains("[limits]") ? "" : "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 600\n"
            return limits + "[performance]\nworker_threads = 2\n" + toml
        }

        /// Asks a process to be replaced.
        /// - Returns: the number of the one that has taken over; nil if that has failed.
        func upgrade(_ pid: pid_t) async throws -> pid_t? {
            let count = outcomes.count
            try await askForUpgrade(of: pid)
            while true {
                let lines = process.errors.all
                let found = lines.filter(Self.isOutcome)
                if found.count > count { return Self.number("successor", in: found[count]) }
                _ = try await process.errors.first(lines.count + 1)
            }
        }

        /// Returns when the process has said how it went. Its socket is there a moment after it serves.
        func askForUpgrade(of pid: pid_t) async throws {
            let arguments = ["upgrade", "--socket", socket ?? "\(directory.path)/run/\(pid).sock"]
            try await eventually("process \(pid) can be asked for an upgrade") {
                let outcome = try await Command.run(Place.gatehouse, arguments)
                return outcome.code == 0 || outcome.errors.contains("the upgrade has failed")
            }
        }

        var outcomes: [String] { process.errors.all.filter(Self.isOutcome) }

        private static func isOutcome(_ line: String) -> Bool {
            line.contains(": upgraded: ") || line.contains("the upgrade has failed")
        }

        static func number(_ name: String, in line: String) -> pid_t? {
            line.contains("the upgrade has failed")
                ? nil
                : line.split(separator: " ").first { $0.hasPrefix("\(name)=") }.flatMap { pid_t($0.split(separator: "=")[1]) }
        }

        /// Stops the process that serves, and waits until all have ended.
        func end(_ pid: pid_t) async throws {
            kill(pid, SIGTERM)
            _ = try await process.errors.first("the end of all") { $0.hasSuffix(": stopped") }
            #expect(try await process.exit() == .code(0))
            // Their common standard error is closed by the last one.
            try await eventually("the end of \(pid)") { kill(pid, 0) != 0 || Self.isZombie(pid) }
        }

        private static func isZombie(_ pid: pid_t) -> Bool {
            (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.contains(") Z ") ?? true
        }
    }

    private func site(_ port: FreePort, _ upstream: Upstream, ssl: String = "", top: String = "") -> String {
        Sites.proxy(
            port, to: "http://127.0.0.1:\(upstream)", ssl: ssl, site: "listen = \"127.0.0.1\"", route: "websocket = true",
            top: top)
    }

    private func get(_ wire: Wire) async throws -> Message {
        try await onThread {
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer()
        }
    }

    /// Answers requests, and echoes what comes behind a WebSocket's handshake.
    private func echo() throws -> Upstream {
        try Upstream { _, wire in
            while let request = try wire.readRequest() {
                guard request.value("Upgrade") != nil else {
                    try wire.write(Upstream.ok("here"))
                    continue
                }
                try wire.write(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
                // Masked with zeros by the client, so what is echoed is what came but for the mask.
                while true {
                    let head = try wire.read(6)
                    let payload = try wire.read(Int(head[1] & 0x7F))
                    try wire.write([head[0], head[1] & 0x7F] + payload)
                    if head[0] == 0x88 { return }
                }
            }
        }
    }

    private func openSocket(_ port: FreePort) async throws -> Wire {
        try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write(
                "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
            #expect(try wire.readHead()?.status == 101)
            return wire
        }
    }

    /// A text frame there and back.
    private func isEchoed(_ wire: Wire) async throws -> Bool {
        try await onThread {
            try wire.write([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69])
            return try wire.read(4) == [0x81, 0x02, 0x68, 0x69]
        }
    }

    @Test("under constant load, five times in a row: no request fails, and no WebSocket ends")
    func underLoad() async throws {
        let upstream = try echo()
        let port = try FreePort()
        let running = try await Running(site(port, upstream))
        let sockets = [try await openSocket(port), try await openSocket(port)]
        var pid = running.process.pid
        let counts = try await ConstantLoad.during(port) {
            for _ in 0..<5 {
                let successor = try #require(try await running.upgrade(pid))
                #expect(successor != pid)
                pid = successor
                // The thread that asked for it lets others go first; what it has started is nobody's second.
                let process = __priority_which_t(PRIO_PROCESS.rawValue)
                #expect(getpriority(process, id_t(pid)) == getpriority(process, 0))
                for socket in sockets { #expect(try await isEchoed(socket)) }
            }
        }
        #expect(counts.allSatisfy { $0 > 0 })
        // The first process has the WebSockets, and ends with them.
        for socket in sockets {
            #expect(try await isEchoed(socket))
            try await onThread {
                try socket.write([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
                _ = try socket.readToEnd()
            }
        }
        try await running.end(pid)
    }

    @Test(
        "a client resumes after an upgrade, or a reload, the session that it had before", arguments: ["-tls1_2", "-tls1_3"],
        [false, true])
    func resumption(version: String, isReload: Bool) async throws {
        let certificates = try await Certificates.ready()
        let upstream = try echo()
        let port = try FreePort()
        let running = try await Running(site(port, upstream, ssl: certificates.ssl()))
        let session = running.directory.path + "/session"
        func connect(_ option: String) async throws -> String {
            let peer = try ChildProcess(
                "openssl",
                [
                    "s_client", "-connect", "127.0.0.1:\(port)", "-servername", "localhost", version, option, session, "-ign_eof",
                ])
            try peer.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            _ = try await peer.exit()
            return peer.output.all.joined(separator: "\n")
        }
        #expect(try await connect("-sess_out").contains("New, TLS"))
        var pid = running.process.pid
        if isReload {
            running.process.signal(SIGHUP)
            _ = try await running.process.errors.first { $0.contains(": reloaded ") }
        } else {
            pid = try #require(try await running.upgrade(pid))
        }
        #expect(try await connect("-sess_in").contains("Reused, TLS"))
        try await running.end(pid)
    }

    @Test("a client's cookie leads to its server in the new process, too")
    func stickiness() async throws {
        let upstreams = try (0..<4).map { try Upstream.saying("\($0)") }
        let port = try FreePort()
        let more = upstreams.dropFirst().map {
            "[[sites.proxy.upstreams]]\nname = \"app\"\nurl = \"http://127.0.0.1:\($0)\"\n"
        }
        let toml = Sites.proxy(
            port, to: "http://127.0.0.1:\(upstreams[0])", site: "listen = \"127.0.0.1\"",
            proxy: more.joined() + "[sites.proxy.load_balancing]\nsticky_sessions = true\n")
        let running = try await Running(toml)
        let first = try await get(Wire(to: port.number))
        let cookie = try #require(first.value("Set-Cookie")?.split(separator: ";").first)
        let successor = try #require(try await running.upgrade(running.process.pid))
        for _ in upstreams {
            let answer = try await onThread {
                let wire = try Wire(to: port.number)
                try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \(cookie)\r\n\r\n")
                return try wire.readAnswer()
            }
            #expect(answer.text == first.text && answer.value("Set-Cookie") == nil, "\(answer)")
        }
        try await running.end(successor)
    }

    @Test("a new process that does not serve changes nothing: its configuration is wrong, or it is killed")
    func failure() async throws {
        let upstream = try echo()
        let port = try FreePort()
        let running = try await Running(site(port, upstream))
        let wire = try Wire(to: port.number)
        #expect(try await get(wire).text == "here")
        try running.directory.write("gatehouse.toml", "[[sites]]\nhostname = 1\n")
        #expect(try await running.upgrade(running.process.pid) == nil)
        #expect(
            running.outcomes.last?.contains("the new process does not serve: it ended with exit code 1") == true,
            "\(running.outcomes)")
        let answer = try await get(wire)
        #expect(answer.text == "here" && answer.value("Connection") == nil)
        #expect(try await get(Wire(to: port.number)).text == "here")
        wire.close()
        // Once it is right again, all is well.
        try running.directory.write("gatehouse.toml", Running.complete(site(port, upstream)))
        let successor = try #require(try await running.upgrade(running.process.pid))
        #expect(try await get(Wire(to: port.number)).text == "here")
        try await running.end(successor)
    }

    @Test(
        "a program that is no Gatehouse any more, or hangs until it is killed, changes nothing",
        arguments: ["false", "hangs", "gone"])
    func badProgram(kind: String) async throws {
        let upstream = try echo()
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let program = place.path + "/gatehouse"
        // By another program: what this one has open for writing, its other children may have, too (ETXTBSY of execve(2)).
        _ = try await Command.run("cp", [Place.gatehouse, program])
        let running = try await Running(site(port, upstream), program: program)
        try FileManager.default.removeItem(atPath: program)
        switch kind {
        case "false": _ = try await Command.run("cp", ["/bin/false", program])
        case "hangs":
            let script = try place.write("script", "#!/bin/sh\necho hangs $$ >&2\nexec tail -f /dev/null\n")
            _ = try await Command.run("install", ["-m", "755", script, program])
        default: break
        }
        async let outcome = running.upgrade(running.process.pid)
        if kind == "hangs" {
            let line = try await running.process.errors.first { $0.hasPrefix("hangs ") }
            // A second one is refused meanwhile.
            try await running.askForUpgrade(of: running.process.pid)
            _ = try await running.process.errors.first { $0.contains("an upgrade is under way") }
            kill(try #require(pid_t(line.split(separator: " ")[1])), SIGKILL)
            _ = try await running.process.errors.first { $0.contains("the new process") }
        }
        #expect(try await outcome == nil)
        #expect(try await get(Wire(to: port.number)).text == "here")
        running.process.terminate()
        #expect(try await running.process.exit() == .code(0))
    }

    @Test("a stop while a new process is on its way calls the upgrade off, and ends both")
    func stopped() async throws {
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let running = try await Running(site(port, try echo()))
        let (script, program) = (
            try place.write("script", "#!/bin/sh\necho hangs $$ >&2\nexec tail -f /dev/null\n"), place.path + "/program"
        )
        // By another program: what this one has had open for writing, its other children may have, too (ETXTBSY of execve(2)).
        _ = try await Command.run("install", ["-m", "755", script, program])
        let socket = "\(running.directory.path)/run/\(running.process.pid).sock"
        let asking = try ChildProcess(Place.gatehouse, ["upgrade", "--socket", socket, program])
        let line = try await running.process.errors.first { $0.hasPrefix("hangs ") }
        running.process.terminate()
        // Its standard error is the new one's, too: the end is told when both have ended.
        #expect(try await running.process.exit() == .code(0))
        #expect(kill(try #require(pid_t(line.split(separator: " ")[1])), 0) != 0)
        #expect(running.process.errors.all.contains { $0.contains("the upgrade is called off") })
        #expect(try await asking.exit() == .code(1))
    }

    @Test("the service manager hears from the old process which one the service is, and then from that one")
    func serviceManager() async throws {
        let upstream = try echo()
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let manager = try NotificationSocket(place.path + "/notify")
        let running = try await Running(
            site(port, upstream),
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"])
        let ready = try await manager.first("READY")
        #expect(ready["MAINPID"] == "\(running.process.pid)")
        let socket = try await openSocket(port)
        let successor = try #require(try await running.upgrade(running.process.pid))
        let told = try await manager.messages.first("the new main process") {
            $0["MAINPID"] == "\(successor)" && $0["READY"] == nil
        }
        #expect(told.count == 1)
        _ = try await manager.messages.first("its readiness") { $0["MAINPID"] == "\(successor)" && $0["READY"] == "1" }
        // The new one keeps the watchdog from now on.
        let count = manager.messages.all.count
        _ = try await manager.first("WATCHDOG", after: count)
        #expect(try await isEchoed(socket))
        socket.close()
        try await running.end(successor)
    }

    @Test("gatehouse upgrade says which process serves, or why the old one goes on; the admin socket is the new one's")
    func command() async throws {
        let upstream = try echo()
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let socket = place.path + "/admin.sock"
        let running = try await Running(site(port, upstream) + "\n[admin]\nsocket = \"\(socket)\"\n")
        func upgrade(_ arguments: [String]) async throws -> Command.Outcome {
            try await Command.run(Place.gatehouse, ["upgrade", "--socket", socket] + arguments)
        }
        let failed = try await upgrade(["/bin/false"])
        #expect(failed.code == 1 && failed.errors.contains("it ended with exit code 1"), "\(failed)")
        let missing = try await upgrade([place.path + "/none"])
        #expect(missing.code == 1 && missing.errors.contains("No such file or directory"), "\(missing)")
        #expect(try await get(Wire(to: port.number)).text == "here")
        let done = try await upgrade([])
        let words = done.text.firstMatch(of: /^upgraded: process (\d+) serves/)
        let successor = try #require(words.flatMap { pid_t($0.1) }, "\(done)")
        #expect(successor != running.process.pid)
        var status = try await Command.run(Place.gatehouse, ["status", "--socket", socket, "--json"])
        // The socket is the new one's a moment after it serves.
        while !status.text.contains("\"pid\" : \(successor)") {
            status = try await Command.run(Place.gatehouse, ["status", "--socket", socket, "--json"])
        }
        #expect(try await get(Wire(to: port.number)).text == "here")
        try await running.end(successor)
    }

    @Test(
        "a new process that is killed on its way changes nothing: the old one goes on, holds nothing more, and can be replaced",
        arguments: ["start", "version", "socket", "end", "serves"])
    func killed(step: String) async throws {
        let upstream = try echo()
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let (socket, manager) = (place.path + "/admin.sock", try NotificationSocket(place.path + "/notify"))
        let running = try await Running(
            site(port, upstream) + "\n[admin]\nsocket = \"\(socket)\"\n",
            environment: ["DIES_AT": step, "NOTIFY_SOCKET": manager.name])
        let pid = running.process.pid
        func descriptors() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count }
        let wire = try Wire(to: port.number)
        #expect(try await get(wire).text == "here")
        var before = 0
        for attempt in 0..<6 {
            let failed = try await Command.run(
                Place.gatehouse, ["upgrade", "--socket", socket, Place.peer("dying_successor.py")])
            #expect(failed.code == 1 && failed.errors.contains("it was ended by signal 9"), "\(failed)")
            if attempt == 0 { before = try descriptors() }
        }
        // Timers and a connection that is about to close have some, but no attempt leaves one.
        #expect(try descriptors() < before + 5)
        let answer = try await get(wire)
        #expect(answer.text == "here" && answer.value("Connection") == nil)
        #expect(try await get(Wire(to: port.number)).text == "here")
        #expect(manager.messages.all.last { $0["MAINPID"] != nil }?["MAINPID"] == "\(pid)")
        let successor = try #require(try await running.upgrade(pid))
        #expect(try await get(Wire(to: port.number)).text == "here")
        wire.close()
        try await running.end(successor)
    }

    @Test("a stranger's descriptor is refused")
    func stranger() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        let file = try directory.write("gatehouse.toml", site(port, try echo()))
        let outcome = try await Command.run(
            "sh", ["-c", "exec \"$@\" 3</dev/null", "sh", Place.gatehouse, "run", "-c", file],
            environment: ["GATEHOUSE_HANDOVER": "1"])
        #expect(outcome.exit == .code(1) && outcome.errors.contains("descriptor 3 is not the predecessor's"), "\(outcome)")
    }
}
