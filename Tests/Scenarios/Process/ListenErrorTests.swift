import Foundation
import Glibc
import TestSupport
import Testing

@Suite("An address that cannot be listened on")
struct ListenErrorTests {
    private func toml(_ listen: String, _ port: Int) -> String {
        "[[sites]]\nhostname = \"a.test\"\nlisten = \"\(listen)\"\nport = \(port)\nstatic_dir = \".\"\n"
    }

    /// The first port that needs no right.
    private static let firstFreePort =
        (try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding: .utf8))
        .flatMap { Int($0.filter(\.isNumber)) } ?? 1024

    @Test(
        "for want of a right says at its place how to allow it",
        .enabled("this system lets anybody listen at low ports") { firstFreePort > 81 })
    func lowPort() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("gatehouse.toml", toml("127.0.0.1", 81))
        let command = [Place.gatehouse, "run", "-c", file]
        // Root without the one capability; any other user has it not.
        let outcome =
            getuid() == 0
            ? try await Command.run("setpriv", ["--bounding-set", "-net_bind_service"] + command)
            : try await Command.run(command[0], Array(command.dropFirst()))
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(
            outcome.errors.contains(
                "gatehouse.toml:4:8: error: sites[0].port: cannot listen on 127.0.0.1:81: Permission denied\n"), "\(outcome)")
        for word in ["CAP_NET_BIND_SERVICE", "setcap", "ip_unprivileged_port_start=81"] {
            #expect(outcome.errors.contains(word), "\(outcome)")
        }
    }

    @Test(
        "because it is taken says at its place who has it, and what to do",
        arguments: ["sites[0].port", "management.port", "metrics.listen"])
    func taken(key: String) async throws {
        // No SO_REUSEPORT there: nobody shares this port.
        let upstream = try Upstream.saying("x")
        let free = try (0..<3).map { _ in try FreePort() }
        func port(_ own: String, else free: FreePort) -> String { own == key ? "\(upstream)" : "\(free)" }
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            "gatehouse.toml",
            """
            [admin]
            socket = "none"
            [management]
            enabled = true
            port = \(port("management.port", else: free[0]))
            api_key = "0123456789abcdef-all"
            [metrics]
            listen = "127.0.0.1:\(port("metrics.listen", else: free[1]))"
            [[sites]]
            hostname = "a.test"
            listen = "127.0.0.1"
            port = \(port("sites[0].port", else: free[2]))
            static_dir = "."
            """)
        let outcome = try await Command.run(Place.gatehouse, ["run", "-c", file])
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(
            outcome.errors.contains("error: \(key): cannot listen on 127.0.0.1:\(upstream): Address already in use"),
            "\(outcome)")
        let words = ["help: process \(getpid())", "stop it, or change one of the ports", "\"ss -ltnp sport = :\(upstream)\""]
        for word in words { #expect(outcome.errors.contains(word), "\(outcome)") }
    }

    @Test("of IPv6 where the system has none is told; every address is every one of IPv4 there")
    func noIPv6() async throws {
        let directory = try TemporaryDirectory()
        func run(_ listen: String, _ port: FreePort) throws -> [String] {
            let file = try directory.write("gatehouse.toml", toml(listen, Int(port.number)))
            return [Place.peer("without_ipv6.py"), Place.gatehouse, "run", "-c", file]
        }
        let port = try FreePort()
        let refused = try await Command.run(Place.python, try run("::1", port))
        #expect(refused.exit == .code(1) && refused.errors.contains("the system has no IPv6"), "\(refused)")
        let running = try ChildProcess(Place.python, try run("::", port))
        let ready = try await running.errors.first { $0.contains("serving") }
        #expect(ready.contains("addresses=0.0.0.0:\(port)"), "\(ready)")
        let answer = try await Command.run("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)/"])
        #expect(answer.text == "421" || answer.text == "404", "\(answer)")
        running.kill()
    }

    @Test("because the machine has it not says so at its place")
    func strangeAddress() async throws {
        let directory = try TemporaryDirectory()
        // TEST-NET-1 (RFC 5737) is nobody's.
        let file = try directory.write("gatehouse.toml", toml("192.0.2.1", 8080))
        let outcome = try await Command.run(Place.gatehouse, ["run", "-c", file])
        #expect(outcome.exit == .code(1), "\(outcome)")
        #expect(
            outcome.errors.contains(
                "gatehouse.toml:3:10: error: sites[0].listen: cannot listen on 192.0.2.1:8080: Cannot assign requested address"),
            "\(outcome)")
        #expect(outcome.errors.contains("no interface of this machine has the address"), "\(outcome)")
    }
}
