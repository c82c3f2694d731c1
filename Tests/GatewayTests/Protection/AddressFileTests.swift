import Foundation
import TestSupport
import Testing

/// `allow_ips_file` and `deny_ips_file`.
@Suite("Lists of addresses in files", .serialized)
struct AddressFileTests {
    private static func becomes(_ status: Int, _ site: GuardedSite, from client: String) async throws {
        // Several times in a row, since there are two workers, each with a memory of its own.
        try await eventually("status \(status)") {
            var run = 0
            while run < 8, try await site.ask("/f.txt", from: client).status == status { run += 1 }
            return run == 8
        }
    }

    @Test("say with those of the configuration who may come, and a route has its own")
    func together() async throws {
        let directory = try TemporaryDirectory()
        let blocked = try directory.write("blocked", "# a country\n198.51.100.0/24\n2001:db8:bad::/48 ; another\n")
        let friends = try directory.write("friends", "203.0.113.0/24\n")
        let site = try GuardedSite(
            site: "[sites.access]\ndeny_ips = [\"192.0.2.66\"]\ndeny_ips_file = \"\(blocked)\"",
            route: "access = { allow_ips = [\"192.0.2.0/24\"], allow_ips_file = \"\(friends)\" }")
        try await Gatehouse.serving(site.toml) { gatehouse async throws in
            for (client, ofFile, ofRoute) in [
                ("192.0.2.7", 200, 200), ("192.0.2.66", 403, 403), ("198.51.100.1", 403, 403), ("2001:db8:bad::1", 403, 403),
                ("203.0.113.5", 200, 200), ("9.9.9.9", 200, 403), ("unknown", 200, 403),
            ] {
                #expect(try await site.ask("/f.txt", from: client).status == ofFile, "\(client)")
                #expect(try await site.ask("/app/x", from: client).status == ofRoute, "\(client)")
            }
            #expect(try await gatehouse.access(reason: "address_refused")["key"] == "sites.access.deny_ips")
        }
    }

    @Test("are read anew when they change; while one is broken or gone, nobody comes in")
    func changes() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("blocked", "198.51.100.0/24\n")
        let site = try GuardedSite(site: "[sites.access]\ndeny_ips_file = \"\(file)\"")
        try await Gatehouse.serving(site.toml, workers: 2) { gatehouse async throws in
            #expect(try await site.ask("/f.txt", from: "198.51.100.1").status == 403)
            #expect(try await site.ask("/f.txt", from: "192.0.2.1").status == 200)
            try directory.write("blocked", "192.0.2.0/24\n")
            try await Self.becomes(403, site, from: "192.0.2.1")
            try await Self.becomes(200, site, from: "198.51.100.1")
            try directory.write("blocked", "192.0.2.0/24\n<html>\n")
            try await Self.becomes(503, site, from: "198.51.100.1")
            let answer = try await site.ask("/f.txt", from: "198.51.100.1")
            #expect(answer.value("Proxy-Status")?.contains("auth_unavailable") == true, "\(answer)")
            #expect(!answer.text.contains(file), "\(answer)")
            let entry = try await gatehouse.access(reason: "auth_unavailable")
            #expect(entry["detail"]?.contains("\(file): line 2: ") == true && entry["key"] == "sites.access.deny_ips_file")
            try directory.write("blocked", "")
            try await Self.becomes(200, site, from: "192.0.2.1")
            try FileManager.default.removeItem(atPath: file)
            try await Self.becomes(503, site, from: "192.0.2.1")
        }
    }

    @Test(
        "that cannot be read are an error before the gateway starts",
        arguments: [
            ("10.0.0.0/8\nexample.com", "deny_ips_file = \"FILE\"", "FILE: line 2: is not an address or a block of addresses"),
            ("", "allow_ips_file = \"FILE.gone\"", "No such file"),
            ("", "allow_ips_file = \"FILE\"", "warning: sites[0].access.allow_ips_file: FILE: is empty, so nobody can come in"),
        ])
    func checks(content: String, keys: String, message: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("list", content)
        let site = try GuardedSite(site: "[sites.access]\n\(keys.replacing("FILE", with: file))")
        let toml = try directory.write("gatehouse.toml", site.toml)
        let outcome = try await Command.run(Place.gatehouse, ["check", toml], environment: ["NO_COLOR": "1"])
        #expect(outcome.exit == .code(message.hasPrefix("warning") ? 0 : 1), "\(outcome)")
        #expect((outcome.text + outcome.errors).contains(message.replacing("FILE", with: file)), "\(outcome)")
    }
}
