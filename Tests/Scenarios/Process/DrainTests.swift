import Foundation
import TestSupport
import Testing

@Suite("Stopping")
struct DrainTests {
    /// A started Gatehouse whose stop is the test's own affair.
    private func start(_ toml: String) async throws -> (process: ChildProcess, directory: TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml", "[logging]\nformat = \"json\"\n[performance]\nworker_threads = 2\n" + toml)
        let process = try ChildProcess(Place.gatehouse, ["run", "-c", file])
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        return (process, directory)
    }

    @Test(
        "an exchange in flight finishes, idle connections are closed, nobody new is let in, exit code 0",
        arguments: [
            SIGTERM, SIGINT,
        ])
    func graceful(signal: Int32) async throws {
        let certificates = try await Certificates.ready()
        let go = Signal()
        let upstream = try Upstream { upstream, wire in
            let request = try wire.request()
            upstream.requests.append(request)
            guard request.target == "/slow" else { return try wire.write(Upstream.ok("quick")) }
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nfirst\n")
            go.wait()
            try wire.write("last!\n")
        }
        let (port, plain) = try (FreePort(), FreePort())
        let sites = [(port, certificates.ssl()), (plain, "")].map {
            Sites.proxy($0, to: "http://127.0.0.1:\(upstream)", ssl: $1).replacing("localhost", with: "localhost")
        }
        let (process, directory) = try await start(sites.joined(separator: "\n"))
        let client = try ChildProcess("curl", ["-sSN", "--cacert", certificates.authority, "https://localhost:\(port)/slow"])
        _ = try await client.output.first { $0 == "first" }
        let idle = try await onThread {
            let wire = try Wire(to: plain.number)
            try wire.write("GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try wire.readAnswer().text == "quick")
            return wire
        }
        process.signal(signal)
        // The idle connection ends first, while the slow one still waits for its upstream.
        #expect(try await onThread { try idle.readToEnd() == ([], .closed) })
        // Each worker closes its listeners; when the last has, nobody is let in.
        try await onThread { while (try? Wire(to: plain.number)) != nil {} }
        let name = signal == SIGTERM ? "SIGTERM" : "SIGINT"
        _ = try await process.errors.first("stopping") { $0.contains("stopping signal=\(name)") }
        go.fire()
        #expect(try await client.exit() == .code(0))
        #expect(client.output.all == ["first", "last!"])
        #expect(try await process.exit() == .code(0))
        #expect(process.errors.all.last?.hasSuffix(": stopped") == true)
        #expect(process.output.all.contains { $0.contains("\"/slow\"") }, "the last access line is written")
        withExtendedLifetime(directory) {}
    }

    @Test("who has just come and not asked yet is served once")
    func arrived() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.request()
            try wire.write(Upstream.ok("here"))
        }
        let port = try FreePort()
        let (process, directory) = try await start(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"))
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let answer = try await onThread {
            let wire = try Wire(to: port.number)
            // They come to both workers, behind the first one.
            for _ in 0..<16 {
                let other = try Wire(to: port.number)
                try other.write(request)
                #expect(try other.readAnswer().text == "here")
            }
            process.signal(SIGTERM)
            // The listeners close first.
            while (try? Wire(to: port.number)) != nil {}
            try wire.write(request)
            return try wire.readAnswer()
        }
        #expect(answer.text == "here" && answer.value("Connection") == "close", "\(answer)")
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("so is who has come a while ago")
    func arrivedBefore() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.request()
            try wire.write(Upstream.ok("here"))
        }
        let port = try FreePort()
        let (process, directory) = try await start(
            "[limits]\nkeep_alive_timeout = 2\n" + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"))
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let answer = try await onThread {
            let wire = try Wire(to: port.number)
            let other = try Wire(to: port.number)
            try other.write(request)
            #expect(try other.readAnswer().text == "here")
            // It ends when it has been idle for twice as long as a drain waits for a first request.
            let isClosed = try other.readToEnd() == ([], .closed)
            #expect(isClosed)
            process.signal(SIGTERM)
            while (try? Wire(to: port.number)) != nil {}
            try wire.write(request)
            return try wire.readAnswer()
        }
        #expect(answer.text == "here" && answer.value("Connection") == "close", "\(answer)")
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }

    @Test("a signal that comes as soon as it serves is not lost")
    func atOnce() async throws {
        let directory = try TemporaryDirectory()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let process = try ChildProcess(Place.gatehouse, [directory.path, "--port", "0"])
                    _ = try await process.errors.first { $0.contains(": serving addresses=") }
                    process.signal(number % 2 == 0 ? SIGTERM : SIGINT)
                    #expect(try await process.exit() == .code(0))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("after limits.drain_timeout what is left is cut, visibly, and the exit code is still 0")
    func cut() async throws {
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            try wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst\n")
            _ = try wire.readToEnd()
        }
        let port = try FreePort()
        let (process, directory) = try await start(
            "[limits]\ndrain_timeout = \"200ms\"\n" + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"))
        let client = try ChildProcess("curl", ["-sSN", "http://127.0.0.1:\(port)/stuck"])
        _ = try await client.output.first { $0 == "first" }
        process.terminate()
        let exit = try await client.exit()
        #expect([.code(18), .code(56)].contains(exit))
        #expect(try await process.exit() == .code(0))
        #expect(process.errors.all.contains { $0.contains("the drain timeout has passed") })
        _ = try await upstream.closures.first(1)
        withExtendedLifetime(directory) {}
    }

    @Test("a connection that is busy when the stop comes is told that its answer is the last")
    func lastAnswer() async throws {
        let (asked, go) = (Signal(), Signal())
        let upstream = try Upstream { _, wire in
            _ = try wire.readRequest()
            asked.fire()
            go.wait()
            try wire.write(Upstream.ok("bye"))
        }
        let port = try FreePort()
        let (process, directory) = try await start(Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"))
        let wire = try await onThread {
            let wire = try Wire(to: port.number)
            try wire.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            asked.wait()
            return wire
        }
        process.terminate()
        _ = try await process.errors.first { $0.contains(": stopping") }
        // Listeners close at the same step that tells connections of the drain.
        try await onThread { while (try? Wire(to: port.number)) != nil {} }
        go.fire()
        try await onThread {
            let answer = try wire.readAnswer()
            #expect(answer.text == "bye" && answer.value("Connection") == "close")
            #expect(try wire.readToEnd() == ([], .closed))
        }
        #expect(try await process.exit() == .code(0))
        withExtendedLifetime(directory) {}
    }
}
