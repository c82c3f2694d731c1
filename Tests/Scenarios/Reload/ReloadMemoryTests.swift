import Foundation
import TestSupport
import Testing

/// What reloads leave behind.
@Suite("Memory after reloads", .disabled(if: Place.isSanitized, "a sanitizer's allocator counts nothing for mallinfo2(3)"))
struct ReloadMemoryTests {
    /// Bytes in use that a hundred reloads may add.
    private static let mostGrowth = 40_000

    /// Sites with routes, certificates, counters and health of their own. Each number makes another one: routes, upstreams,
    /// limits and host names change.
    private func toml(_ number: Int, _ port: FreePort, _ other: FreePort, _ certificates: Certificates) -> String {
        var text = "[logging]\nlevel = \"debug\"\nformat = \"json\"\n"
        text += "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 600\nmax_fields = \(100 + number % 2)\n"
        for site in 0..<5 {
            let name = site == 4 ? "site-\(number).test" : "site\(site).test"
            let secure = site == 3 ? "" : "\n" + certificates.ssl()
            text += """

                [[sites]]
                hostname = "\(name)"
                listen = "127.0.0.1"
                port = \(site == 3 ? other : port)
                static_dir = "."
                [sites.headers]
                X-Number = "\(number)"\(secure)
                [sites.proxy]
                enabled = true
                [[sites.proxy.upstreams]]
                name = "app"
                url = "http://127.0.0.1:\(9 + (number + site) % 2)"
                max_conns = 5

                """
            for route in 0..<10 {
                text +=
                    "[[sites.proxy.routes]]\npath = \"/\(route == 3 ? "number\(number)" : "\(route)")/\"\nupstream = \"app\"\n"
            }
        }
        if number % 5 == 0 { text = text.replacing("hostname = \"site3.test\"", with: "hostname = \"site33.test\"") }
        return text
    }

    /// The least of several readings: workers take apart what they have left at their next ticks.
    private func allocated(_ running: ReloadingGatehouse) async throws -> Int {
        var least = Int.max
        for _ in 0..<20 {
            let status = try await running.command(["status", "--json"])
            let values = try #require(try JSONSerialization.jsonObject(with: Data(status.output)) as? [String: Any], "\(status)")
            least = min(least, try #require((values["memory"] as? [String: Any])?["allocated"] as? Int, "\(status)"))
        }
        return least
    }

    /// Returns when nothing is left of former configurations.
    private func formersAreTakenApart(_ running: ReloadingGatehouse, after count: Int) async throws {
        while true {
            let lines = running.process.errors.all
            let told = lines[count...].filter { $0.contains("former configurations have been taken apart") }
            if told.contains(where: { $0.contains("held=0") }) { return }
            _ = try await running.process.errors.first(lines.count + 1)
        }
    }

    /// What a leak adds is added by every hundred reloads; what threads keep for their next calls is not: the runtime keeps up to
    /// 1,024 blocks of 64 bytes of what one thread has given to another, and they gather at their own pace.
    @Test("stops growing: some hundred of them add nothing")
    func isFlat() async throws {
        let (certificates, port, other) = try (await Certificates.ready(), FreePort(), FreePort())
        // What the allocator keeps for a thread's next calls would be counted.
        let running = try await ReloadingGatehouse(
            toml(0, port, other, certificates), environment: ["GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"])
        var looks: [Int] = []
        var growth = Int.max
        for number in 1...620 where growth >= Self.mostGrowth {
            let before = running.process.errors.all.count
            let line = try await running.reload(toml(number, port, other, certificates))
            #expect(line.contains(": reloaded "), "\(line)")
            guard number > 100, number % 100 == 20 else { continue }
            let resolving = ["--insecure", "--resolve", "site0.test:\(port):127.0.0.1"]
            #expect(try await Command.curl(resolving + ["https://site0.test:\(port)/4/"]).code == 0)
            try await formersAreTakenApart(running, after: before)
            try await looks.append(allocated(running))
            if looks.count > 1 { growth = looks[looks.count - 1] - looks[looks.count - 2] }
        }
        #expect(growth < Self.mostGrowth, "\(looks)")
        try await running.end()
    }
}
