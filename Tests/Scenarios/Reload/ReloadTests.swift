import Foundation
import Glibc
import TestSupport
import Testing

/// The configuration file changes while the program runs.
@Suite("Reloading")
struct ReloadTests {
    typealias Running = ReloadingGatehouse

    private func site(_ port: FreePort, _ upstream: Upstream, top: String = "", route: String = "") -> String {
        Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", site: "listen = \"127.0.0.1\"", route: route, top: top)
    }

    private func get(_ wire: Wire) async throws -> Message {
        try await onThread {
            try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return try wire.readAnswer()
        }
    }

    @Test("a connection's next request has the new configuration; a wrong one is refused with every reason, and nothing changes")
    func swapped() async throws {
        let (first, second) = (try Upstream.saying("first"), try Upstream.saying("second"))
        let port = try FreePort()
        let running = try await Running(site(port, first))
        let wire = try Wire(to: port.number)
        #expect(try await get(wire).text == "first")
        let done = try await running.reload(site(port, second, top: "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 601"))
        #expect(
            done.contains("changes=\"~limits keep_alive_timeout, ~upstream localhost@127.0.0.1:\(port) app\" generation=2"),
            "\(done)")
        #expect(try await get(wire).text == "second")
        let refused = try await running.reload("[[sites]]\nhostname = 1\nprt = 80\n")
        #expect(refused.contains("the reload is refused") && refused.contains("errors="), "\(refused)")
        let reasons = running.process.errors.all.filter { $0.contains("the configuration has a problem") }
        #expect(reasons.contains { $0.contains("key=sites[0].hostname") } && reasons.contains { $0.contains("key=sites[0].prt") })
        #expect(try await get(wire).text == "second")
        try await running.end()
    }

    @Test("a listener is added and another removed: who has connected to it is served, who waits is told to leave")
    func listeners() async throws {
        let upstream = try Upstream.saying("here")
        let (stays, goes, comes) = (try FreePort(), try FreePort(), try FreePort())
        let running = try await Running(site(stays, upstream) + "\n" + site(goes, upstream))
        let kept = try Wire(to: goes.number)
        #expect(try await get(kept).text == "here")
        // While the program stands still its kernel lets clients in, whom nobody has accepted yet.
        running.process.signal(SIGSTOP)
        let queued = try (0..<20).map { _ in try Wire(to: goes.number) }
        running.process.signal(SIGCONT)
        let done = try await running.reload(site(stays, upstream) + "\n" + site(comes, upstream))
        #expect(done.contains("-listener 127.0.0.1:\(goes),") && done.contains("+listener 127.0.0.1:\(comes),"), "\(done)")
        #expect(try await get(Wire(to: comes.number)).text == "here")
        for wire in queued {
            let answer = try await get(wire)
            #expect(answer.text == "here" && answer.value("Connection") == "close")
        }
        #expect(try await onThread { try kept.readToEnd() == ([], .closed) })
        try await onThread { while (try? Wire(to: goes.number)) != nil {} }
        #expect(try await get(Wire(to: stays.number)).text == "here")
        try await running.end()
    }

    @Test("a listener changes between plain and TLS")
    func listenerTurnsToTLS() async throws {
        let certificates = try await Certificates.ready()
        let upstream = try Upstream.saying("here")
        let port = try FreePort()
        let plain = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)")
        let secure = Sites.proxy(port, to: "http://127.0.0.1:\(upstream)", ssl: certificates.ssl())
        let running = try await Running(plain)
        #expect(try await get(Wire(to: port.number)).text == "here")
        for _ in 0..<2 {
            _ = try await running.reload(secure)
            let answer = try await Command.curl(["--cacert", certificates.authority, "https://localhost:\(port)/"])
            #expect(answer.text == "here", "\(answer)")
            _ = try await running.reload(plain)
            #expect(try await Command.curl(["http://localhost:\(port)/"]).text == "here")
        }
        try await running.end()
    }

    @Test("an address that cannot be listened on refuses the reload, and no other listener is opened")
    func unbindable() async throws {
        let upstream = try Upstream.saying("here")
        let (port, other) = (try FreePort(), try FreePort())
        let taken = try FreePort()
        let somebody = try ChildProcess(Place.gatehouse, [FileManager.default.temporaryDirectory.path, "--port", "\(taken)"])
        _ = try await somebody.errors.first { $0.contains(": serving addresses=") }
        let running = try await Running(site(port, upstream))
        let all = [port, other, taken].map { site($0, upstream) }.joined(separator: "\n")
        let refused = try await running.reload(all)
        #expect(refused.contains("the reload is refused"), "\(refused)")
        let problems = running.process.errors.all.filter { $0.contains("the configuration has a problem") }
        #expect(problems.contains { $0.contains("key=sites[2].port") && $0.contains("cannot listen on 127.0.0.1:\(taken)") })
        #expect(throws: (any Error).self) { try Wire(to: other.number) }
        #expect(try await get(Wire(to: port.number)).text == "here")
        somebody.terminate()
        _ = try await somebody.exit()
        #expect(try await running.reload(all).contains(": reloaded "))
        #expect(try await get(Wire(to: other.number)).text == "here")
        try await running.end()
    }

    @Test("the configuration of the start is taken apart like any other when it is not in use any more")
    func firstConfiguration() async throws {
        let upstream = try Upstream.saying("here")
        let port = try FreePort()
        let running = try await Running(site(port, upstream, top: "[logging]\nlevel = \"debug\""))
        _ = try await running.reload(site(port, upstream, top: "[logging]\nlevel = \"debug\"\n[limits]\nmax_fields = 99"))
        let line = try await running.process.errors.first { $0.contains("former configurations have been taken apart") }
        #expect(line.contains("held=0"), "\(line)")
        try await running.end()
    }

    @Test("an exchange under way holds its configuration; the log counts it, and tells of its end")
    func olderInUse() async throws {
        let goOn = Signal()
        let slow = try Upstream { upstream, wire in
            upstream.requests.append(try wire.request())
            goOn.wait()
            try wire.write(Upstream.ok("slow"))
        }
        let quick = try Upstream.saying("quick")
        let port = try FreePort()
        let running = try await Running(site(port, slow))
        let wire = try Wire(to: port.number)
        try wire.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = try await slow.requests.first(1)
        #expect(try await running.reload(site(port, quick)).contains("generation=2 older_in_use=1"))
        #expect(try await running.reload(site(port, quick)).contains("changes=nothing generation=3 older_in_use=1"))
        goOn.fire()
        #expect(try await onThread { try wire.readAnswer().text } == "slow")
        #expect(try await get(wire).text == "quick")
        _ = try await running.process.errors.first("the end of generation 1") {
            $0.contains("the last exchange of an older configuration has ended generation=1 older_in_use=0")
        }
        #expect(try await running.reload(site(port, quick)).contains("older_in_use=0"))
        try await running.end()
    }

    @Test("log destinations, format and level change, and no line is lost")
    func logs() async throws {
        let upstream = try Upstream.saying("here")
        let (port, directory) = (try FreePort(), try TemporaryDirectory())
        func toml(_ file: String, _ format: String) -> String {
            site(port, upstream, top: "[logging]\nformat = \"\(format)\"\naccess_log = \"\(directory.path)/\(file)\"\n")
        }
        let running = try await Running(toml("first", "json"))
        let wire = try Wire(to: port.number)
        for _ in 0..<3 { _ = try await get(wire) }
        #expect(try await running.reload(toml("second", "compact")).contains("changes=\"~logging access_log format\""))
        for _ in 0..<2 { _ = try await get(wire) }
        try await running.end()
        func lines(_ file: String) throws -> [Substring] {
            try String(contentsOfFile: directory.path + "/" + file, encoding: .utf8).split(separator: "\n")
        }
        #expect(try lines("first").count(where: { $0.hasPrefix("{") }) == 3)
        #expect(try lines("second").count(where: { $0.contains("\"GET / HTTP/1.1\" 200") }) == 2)
    }

    @Test("under constant load: a hundred reloads, each of another configuration, ten of them wrong, and no request fails")
    func underLoad() async throws {
        let upstreams = try (0..<2).map { _ in try Upstream.saying("here") }
        let (port, other) = (try FreePort(), try FreePort())
        func toml(_ number: Int) -> String {
            if number % 10 == 9 { return "[limits]\nhead_timeout = \"\(number) parsecs\"\n" }
            let limits = "[limits]\nhead_timeout = 600\nmax_fields = \(100 + number)\n"
            let more = number % 3 == 0 ? "\n" + site(other, upstreams[0]) : ""
            return site(port, upstreams[number % 2], top: limits) + more
        }
        let running = try await Running(toml(0))
        let answered = try await ConstantLoad.during(port) {
            for number in 1...100 {
                let line = try await running.reload(toml(number))
                #expect(line.contains(": reloaded ") == (number % 10 != 9), "\(number): \(line)")
            }
        }
        #expect(answered.allSatisfy { $0 > 0 })
        try await running.end()
    }
}
