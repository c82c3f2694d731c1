import Dispatch
import Foundation
import TestSupport
import Testing

@Suite("Open files")
struct DescriptorTests {
    @Test("no more clients are let in than can have an upstream each; the others wait, and all are served")
    func upstreams() async throws {
        let (port, crowd) = try (FreePort(), 60)
        let (answered, waiting) = (DispatchSemaphore(value: 0), Journal<Int>("requests that wait"))
        let upstream = try Upstream { _, wire in
            while let _ = try wire.readRequest() {
                waiting.append(1)
                answered.wait()
                try wire.write(Upstream.ok("hello"))
            }
        }
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            "[limits]\nhead_timeout = 600\n[performance]\nworker_threads = 1\n"
                + Sites.proxy(port, to: "http://127.0.0.1:\(upstream)"))
        let process = try ChildProcess(
            "bash", ["-c", "ulimit -n 100; exec \"$0\" run -c \"$1\"", Place.gatehouse, file])
        _ = try await process.errors.first { $0.contains(": serving addresses=") }
        let warning = process.errors.all.first { $0.contains("the limit on open files is lower than") } ?? ""
        let room = Int(warning.split(separator: "connections=").last?.prefix { $0.isNumber } ?? "") ?? 0
        #expect((5...45).contains(room) && warning.contains("limit=100"), "\(warning)")
        let clients = try (0..<crowd).map { _ in
            try ChildProcess("curl", ["-sS", "-m", "600", "-w", " %{http_code}\n", "http://127.0.0.1:\(port)/"])
        }
        // As many as there is room for are at the upstream at once; then each answer makes room for one.
        _ = try await waiting.first(room)
        _ = try await process.errors.first { $0.contains("accepting pauses: the limit on open files is reached") }
        #expect(waiting.all.count == room)
        for _ in 0..<crowd { answered.signal() }
        for client in clients {
            #expect(try await client.exit() == .code(0))
            #expect(client.output.all == ["hello 200"], "\(client.errors.all)")
        }
        process.terminate()
        #expect(try await process.exit() == .code(0))
    }

    /// HEAD brings no content into memory, so that each file keeps its descriptor.
    @Test("who asks for more files than may be open takes no descriptor from new clients, nor from their upstreams")
    func exhaustion() async throws {
        let directory = try TemporaryDirectory()
        for number in 0..<200 { _ = try directory.write("\(number).txt", "x") }
        let (port, upstream) = try (FreePort(), Upstream.saying("x"))
        let site = """
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = \(port)
            static_dir = "\(directory.path)"
            [sites.proxy]
            enabled = true
            [[sites.proxy.upstreams]]
            name = "app"
            url = "http://127.0.0.1:\(upstream)"
            [[sites.proxy.routes]]
            path = "/app/"
            upstream = "app"
            """
        try await Gatehouse.serving(site) { gatehouse in
            let limit = gatehouse.descriptorCount + 50
            let set = try await Command.run("prlimit", ["--pid", "\(gatehouse.process.pid)", "--nofile=\(limit):\(limit)"])
            #expect(set.exit == .code(0), "\(set)")
            let format = ["-sS", "-o", "/dev/null", "-w", "%{http_code}\n"]
            let heads = try await Command.run("curl", format + ["-I", "http://localhost:\(port)/[0-199].txt"])
            #expect(Set(heads.text.split(separator: "\n")) == ["200"], "\(heads)")
            // Over one connection: nobody new is accepted, for whom files would have been closed already.
            let mixed = try await onThread {
                let wire = try Wire(to: port.number)
                return try ((0..<200).map { "HEAD /\($0).txt" } + ["GET /app/"]).map { request in
                    try wire.write("\(request) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    return try wire.readAnswer(toHead: request.hasPrefix("HEAD")).status
                }
            }
            #expect(Set(mixed) == [200] && mixed.count == 201)
            let crowding = ["-m", "60", "--parallel", "--parallel-immediate", "--parallel-max", "20"]
            let crowd = try await Command.run("curl", format + crowding + ["http://localhost:\(port)/[0-39].txt"])
            #expect(Set(crowd.text.split(separator: "\n")) == ["200"], "\(crowd)")
        }
    }
}
