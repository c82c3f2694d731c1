import Foundation
import TestSupport
import Testing

@Suite("Renewals while clients shake hands", .enabled("pebble is not installed") { Managed.isThere })
struct ManyRenewalsTests {
    private let managed: Managed

    init() throws { managed = try Managed() }

    @Test("two hundred of them fail no handshake, whatever nonces the authority refuses")
    func renewed() async throws {
        let names = (1...20).map { "n\($0).test" }
        let pebble = try await Pebble(
            http: managed.http, tls: managed.tls, names: names, lifetime: 8,
            environment: ["PEBBLE_WFE_NONCEREJECT": "50", "PEBBLE_ALTERNATE_ROOTS": "1"], in: managed.directory)
        let root = try await pebble.root(in: managed.directory)
        // Sites of their own: a certificate for each.
        let sites = names.map { name in
            """
            [[sites]]
            hostname = "\(name)"
            listen = "127.0.0.1"
            port = \(managed.http)
            redirect_to_https = true
            https_port = \(managed.tls)
            static_dir = "\(managed.directory.path)/www"
            [[sites]]
            hostname = "\(name)"
            listen = "127.0.0.1"
            port = \(managed.tls)
            static_dir = "\(managed.directory.path)/www"
            \(pebble.ssl)
            """
        }
        let toml =
            "[server]\nstate_dir = \"\(managed.state)\"\n[tls]\nmax_loaded_certificates = 16\n" + sites.joined(separator: "\n")
        try await Gatehouse.serving(toml, workers: 2) { gatehouse in
            let isNew: @Sendable (String) -> Bool = { $0.contains("a new certificate is in use") }
            for name in names {
                _ = try await gatehouse.log.first("the certificate of \(name)") { isNew($0) && $0.contains("names=\(name) ") }
            }
            let clients = try ChildProcess(Place.python, [Place.peer("shake_hands.py"), "\(managed.tls)", root] + names)
            // Each line has the patience of a test for itself, and is looked at once.
            var (seen, count) = (0, 0)
            while count < 220 {
                let lines = gatehouse.log.all
                count += lines[seen...].count(where: isNew)
                seen = lines.count
                if count < 220 { _ = try await gatehouse.log.first(seen + 1) }
            }
            try clients.write("enough\n")
            try await clients.exit()
            let last = try #require(clients.output.all.last)
            #expect(clients.output.all.count == 1 && last.hasPrefix("done "), "\(clients.output.all.prefix(5))")
            let counts = last.split(separator: " ").compactMap { Int($0) }
            // It has met many of the renewed ones, also those that had left the memory.
            #expect(counts.count == 2 && counts[0] > 100 && counts[1] > 20, "\(last)")
            #expect(!gatehouse.log.all.contains { $0.contains("no certificate ") })
        }
    }
}
