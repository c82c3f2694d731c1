import Foundation
import Glibc
import TestSupport
import Testing

/// The last exchanges, kept in memory and handed out when somebody wants to know.
@Suite("Flight recorder")
struct RecorderTests {
    private func site(_ port: FreePort, _ upstream: UInt16, recorder: String = "exchanges = 256", logging: String = "") -> String
    {
        """
        [logging]
        access_log = "none"
        \(logging)
        [performance]
        worker_threads = 1
        [recorder]
        \(recorder)
        [[sites]]
        name = "shop"
        hostname = "localhost"
        listen = "127.0.0.1"
        port = \(port)
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "app"
        url = "http://127.0.0.1:\(upstream)"
        [[sites.proxy.upstreams]]
        name = "dead"
        url = "http://127.0.0.1:1"
        [[sites.proxy.routes]]
        path = "/"
        upstream = "app"
        websocket = true
        [[sites.proxy.routes]]
        path = "/dead"
        upstream = "dead"
        """
    }

    private func get(_ wire: Wire, _ target: String) async throws -> Int {
        try await onThread {
            try wire.write("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer().status
        }
    }

    private func objects(_ text: String) throws -> [[String: Any]] {
        try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
        }
    }

    @Test("it tells route, pool, server, attempts, reason and key of each of the last exchanges, without any access log")
    func decisions() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(
            site(port, upstream.port, recorder: "exchanges = 4", logging: "redact_query = [\"token\"]"))
        let wire = try Wire(to: port.number)
        #expect(try await get(wire, "/lost") == 200)
        #expect(try await get(wire, "/a?token=secret&page=2") == 200)
        #expect(try await get(wire, "/dead/x") == 502)
        #expect(try await get(wire, "/c\u{22}quoted") == 200)
        #expect(try await get(wire, "http://me:secret@localhost/x") == 400)
        let said = try await running.command(["recorder"])
        #expect(said.code == 0 && !said.text.contains("secret") && !said.text.contains("/lost"), "\(said)")
        let lines = try objects(said.text)
        try #require(lines.count == 4, "\(said)")
        #expect(lines.map { $0["number"] as? Int } == [2, 3, 4, 5])
        #expect(lines.map { $0["status"] as? Int } == [200, 502, 200, 400])
        #expect(lines[0]["target"] as? String == "/a?token=-&page=2" && lines[0]["method"] as? String == "GET")
        #expect(lines[0]["route"] as? String == "/" && lines[0]["pool"] as? String == "app", "\(lines[0])")
        #expect(lines[0]["upstream"] as? String == "http://127.0.0.1:\(upstream.port)" && lines[0]["attempts"] as? Int == 1)
        #expect(lines[0]["client"] as? String == "127.0.0.1" && lines[0]["host"] as? String == "localhost")
        #expect(lines[0]["site"] as? String == "shop" && lines[0]["version"] as? String == "HTTP/1.1")
        #expect(lines[0]["ms"] is Double && lines[0]["upstream_ms"] is Double && lines[0]["bytes_out"] as? Int == 2)
        #expect(lines[1]["reason"] as? String == "upstream_connect_failed" && lines[1]["blame"] as? String == "upstream")
        #expect((lines[1]["detail"] as? String)?.contains("refused") == true && lines[1]["pool"] as? String == "dead")
        #expect(lines[2]["target"] as? String == "/c\"quoted")
        #expect(lines[3]["reason"] is String && lines[3]["blame"] as? String == "client", "\(lines[3])")
        #expect(lines[3]["target"] as? String == "http://-@localhost/x", "\(lines[3])")
        // What is kept is changed by a reload.
        _ = try await running.reload(site(port, upstream.port, recorder: "exchanges = 2"))
        #expect(try objects(try await running.command(["recorder"]).text).map { $0["number"] as? Int } == [4, 5])
        #expect(try await get(try Wire(to: port.number), "http://me:secret@localhost/d") == 400)
        let last = try await running.command(["recorder"]).text
        #expect(try objects(last).map { $0["number"] as? Int } == [5, 6])
        #expect(last.contains("http://-@localhost/d") && !last.contains("secret"), "\(last)")
        for off in ["exchanges = 0", ""] {
            _ = try await running.reload(site(port, upstream.port, recorder: off))
            let nothing = try await running.command(["recorder"])
            #expect(nothing.code == 1 && nothing.text.isEmpty && nothing.errors.contains("recorder.exchanges is 0"), "\(nothing)")
        }
        let refused = try await running.command(["recorder", "--dump"])
        #expect(refused.code == 1 && refused.errors.contains("recorder.exchanges is 0"), "\(refused)")
        try await running.end()
    }

    @Test("a tunnel leaves its handshake, and at its end what it carried")
    func tunnels() async throws {
        let upstream = try Upstream { upstream, wire in
            _ = try wire.readRequest()
            try wire.write(Tunnelled.accept("a"))
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstream.port))
        let tunnel = try await onThread { try Tunnelled(port) }
        let open = try objects(try await running.command(["recorder"]).text)
        #expect(open.map { $0["status"] as? Int } == [101] && open[0]["route"] as? String == "/", "\(open)")
        try await onThread {
            try tunnel.wire.write([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
            tunnel.wire.close()
        }
        var lines = open
        while lines.count < 2 { lines = try objects(try await running.command(["recorder"]).text) }
        #expect(lines[1]["tunnel_of"] as? Int == 1 && lines[1]["closed_by"] as? String == "client", "\(lines)")
        #expect(lines[1]["close_code"] as? Int == 1000 && lines[1]["bytes_in"] as? Int == 8, "\(lines)")
        try await running.end()
    }

    @Test("SIGUSR2, the admin API and gatehouse recorder --dump write it to files of mode 0600; the oldest give way")
    func dumps() async throws {
        let upstream = try Upstream.saying("ok")
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let directory = place.path + "/dumps"
        let running = try await ReloadingGatehouse(
            site(port, upstream.port, recorder: "exchanges = 256\ndirectory = \"\(directory)\"\nkeep = 2"))
        #expect(try await get(try Wire(to: port.number), "/x") == 200)
        running.process.signal(SIGUSR2)
        let said = try await running.process.errors.first { $0.contains(": the flight recorder is written ") }
        #expect(said.contains("cause=SIGUSR2") && said.contains("exchanges=1"), "\(said)")
        // Who means an upgrade, as of nginx, is told how.
        #expect(running.process.errors.all.contains { $0.contains("gatehouse upgrade") && $0.contains("signal=SIGUSR2") })
        var files = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(files.count == 1)
        let file = directory + "/" + files[0]
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let lines = try objects(try String(contentsOfFile: file, encoding: .utf8))
        #expect(lines.count == 2 && lines[0]["recorder"] as? String == "SIGUSR2" && lines[0]["exchanges"] as? Int == 1)
        #expect(lines[1]["target"] as? String == "/x")
        for _ in 0..<2 {
            let dumped = try await running.command(["recorder", "--dump"])
            #expect(dumped.code == 0 && dumped.text.contains(directory + "/recorder-"), "\(dumped)")
        }
        files = try FileManager.default.contentsOfDirectory(atPath: directory)
        #expect(files.count == 2 && !files.contains(String(file.dropFirst(directory.count + 1))), "\(files)")
        #expect(!running.process.errors.all.contains { $0.contains(": upgrading ") })
        // Where nothing can be written somebody is told, and the gateway goes on.
        try FileManager.default.removeItem(atPath: directory)
        try place.write("dumps", "a file")
        let failed = try await running.command(["recorder", "--dump"])
        #expect(failed.code == 1 && failed.errors.contains("cannot be written"), "\(failed)")
        #expect(try await get(try Wire(to: port.number), "/y") == 200)
        try await running.end()
    }

    @Test("it has the time of day, and is off where nobody has said so, or said 0")
    func isOffByDefault() async throws {
        let upstream = try Upstream.saying("ok")
        let port = try FreePort()
        let running = try await ReloadingGatehouse(site(port, upstream.port, recorder: "exchanges = 4"))
        #expect(try await get(try Wire(to: port.number), "/x") == 200)
        let lines = try objects(try await running.command(["recorder"]).text)
        #expect(lines.map { $0["target"] as? String } == ["/x"])
        // The time of day, as the log has it.
        let time = try #require(lines.first?["time"] as? String)
        let told = try #require(try? Date(time, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)), "\(time)")
        #expect(abs(told.timeIntervalSinceNow) < 600, "\(time)")
        _ = try await running.reload(site(port, upstream.port, recorder: "exchanges = 0"))
        #expect(try await running.command(["recorder"]).text.isEmpty)
        try await running.end()
    }

    @Test("a worker that is stuck is named, and what the others keep is told and written all the same")
    func stuck() async throws {
        let upstream = try Upstream.saying("ok")
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let text = site(port, upstream.port, recorder: "exchanges = 256\ndirectory = \"\(place.path)/dumps\"")
        let running = try await ReloadingGatehouse(
            text.replacingOccurrences(of: "worker_threads = 1", with: "worker_threads = 2"))
        // Both have had one, wherever the kernel puts a connection.
        var seen: Set<Int> = []
        while seen.count < 2 {
            #expect(try await get(try Wire(to: port.number), "/x") == 200)
            seen = Set(try objects(try await running.command(["recorder"]).text).compactMap { $0["worker"] as? Int })
        }
        let stopper = try ChildProcess(Place.python, [Place.peer("stop_thread.py"), "\(running.process.pid)", "worker-1"])
        _ = try await stopper.output.first { $0 == "stopped" }
        let lines = try objects(try await running.command(["recorder"]).text)
        #expect(lines.first?["worker"] as? Int == 1 && lines.first?["silent"] as? Bool == true, "\(lines)")
        #expect(lines.count > 1 && lines.dropFirst().allSatisfy { $0["worker"] as? Int == 0 && $0["target"] as? String == "/x" })
        running.process.signal(SIGUSR2)
        let said = try await running.process.errors.first { $0.contains(": the flight recorder is written ") }
        #expect(said.contains("silent_workers=1") && said.contains("exchanges=\(lines.count - 1)"), "\(said)")
        let dumped = try await running.command(["recorder", "--dump"])
        #expect(dumped.code == 0 && dumped.errors.contains("worker 1 is stuck"), "\(dumped)")
        try stopper.write("go\n")
        _ = try await stopper.output.first { $0 == "let go" }
        let all = try objects(try await running.command(["recorder"]).text)
        #expect(Set(all.compactMap { $0["worker"] as? Int }) == [0, 1] && all.allSatisfy { $0["silent"] == nil }, "\(all)")
        try await running.end()
    }

    @Test("it is written by itself when too many answers are 5xx, and once")
    func spike() async throws {
        let upstream = try Upstream.saying("ok")
        let (port, place) = try (FreePort(), TemporaryDirectory())
        let running = try await ReloadingGatehouse(
            site(
                port, upstream.port,
                recorder: "exchanges = 256\ndirectory = \"\(place.path)/dumps\"\ndump_on = \"5xx > 50% for 1s\""))
        let wire = try Wire(to: port.number)
        func isWritten() -> Bool { running.process.errors.all.contains { $0.contains("the flight recorder is written") } }
        for _ in 0..<100 { _ = try await get(wire, "/ok") }
        while !isWritten() { #expect(try await get(wire, "/dead/x") == 502) }
        let said = try await running.process.errors.first { $0.contains(": the flight recorder is written ") }
        #expect(said.contains("answers are 5xx"), "\(said)")
        // As bad as before is no news.
        for _ in 0..<100 { _ = try await get(wire, "/dead/y") }
        #expect(running.process.errors.all.count { $0.contains("the flight recorder is written") } == 1)
        try await running.end()
    }

    @Test("a directory that is served has the admin socket, too: what is about a configuration file is refused")
    func withoutConfiguration() async throws {
        let (directory, port) = try (TemporaryDirectory(), FreePort())
        try directory.write("public/f.txt", "file")
        let environment = ["RUNTIME_DIRECTORY": directory.path + "/run", "STATE_DIRECTORY": directory.path + "/state"]
        let process = try ChildProcess(
            Place.gatehouse, ["run", directory.path + "/public", "--port", "\(port)"], environment: environment)
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        #expect(try await get(try Wire(to: port.number), "/f.txt") == 200)
        let recorded = try await Command.run(Place.gatehouse, ["recorder"], environment: environment)
        #expect(try objects(recorded.text).map { $0["target"] as? String } == ["/f.txt"], "\(recorded)")
        let status = try await Command.run(Place.gatehouse, ["status"], environment: environment)
        #expect(status.code == 0 && status.text.contains("configuration  none"), "\(status)")
        let reload = try await Command.run(Place.gatehouse, ["reload"], environment: environment)
        #expect(reload.code == 1 && reload.errors.contains("no configuration file"), "\(reload)")
        let upgraded = try await Command.run(Place.gatehouse, ["upgrade"], environment: environment)
        let successor = try #require(upgraded.text.firstMatch(of: /process (\d+) serves/).flatMap { pid_t($0.1) }, "\(upgraded)")
        #expect(try await get(try Wire(to: port.number), "/f.txt") == 200)
        #expect(kill(successor, SIGTERM) == 0)
        #expect(try await process.exit() == .code(0))
    }
}
