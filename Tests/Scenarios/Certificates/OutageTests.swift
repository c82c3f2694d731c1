import Foundation
import TestSupport
import Testing

/// An authority that is down: when it is asked again, over restarts, and what clients see meanwhile.
@Suite("An authority that is down for an hour", .enabled("pebble is not installed") { Managed.isThere })
struct OutageTests {
    private let managed: Managed
    private let names = ["a.test", "b.test"]

    init() throws { managed = try Managed() }

    /// A site of its own for each name, so that each has a certificate of its own.
    private func toml(_ ssl: String) -> String {
        managed.toml(
            ssl,
            more: """
                [[sites]]
                hostname = "b.test"
                listen = "127.0.0.1"
                port = \(managed.tls)
                static_dir = "\(managed.directory.path)/www"
                \(ssl)
                """)
    }

    private func start(_ ssl: String, _ body: (Gatehouse) async throws -> Void) async throws {
        try await Gatehouse.serving(toml(ssl), body)
    }

    private func pebble(at listener: FreePort? = nil) async throws -> Pebble {
        try await Pebble(http: managed.http, tls: managed.tls, names: names, at: listener, in: managed.directory)
    }

    /// As if so many seconds had gone by since the state was written: all its times lie so much farther back.
    private func pass(_ seconds: Int, for name: String) throws {
        var status = try managed.status(of: name)
        for key in ["nextTry", "lastTry", "nextLook"] {
            if let time = status[key] as? Int { status[key] = time - seconds }
        }
        try JSONSerialization.data(withJSONObject: status)
            .write(to: URL(filePath: "\(managed.state)/acme/certificates/\(name)/status.json"))
    }

    private func makeDue(_ name: String) throws {
        let next = try #require(try managed.status(of: name)["nextTry"] as? Int)
        try pass(next - Int(Date.now.timeIntervalSince1970) + 1, for: name)
    }

    /// Seconds from the last try to the next one.
    private func pause(of name: String) throws -> Int {
        let status = try managed.status(of: name)
        return try #require(status["nextTry"] as? Int) - #require(status["lastTry"] as? Int)
    }

    private func certificate(of name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(managed.state)/acme/certificates/\(name)/certificate.pem"))
    }

    @Test("is asked ever more seldom, over restarts too; the old certificate is served, and another one when it is back")
    func hour() async throws {
        let first = try await pebble()
        let root = try await first.root(in: managed.directory)
        try await start(first.ssl) { gatehouse in
            _ = try await gatehouse.log.first("both") { [log = gatehouse.log] _ in
                log.all.count { $0.contains("a new certificate is in use") } == 2
            }
        }
        let before = try certificate(of: "a.test")
        try await first.fail()
        var (gone, tries) = (0, 0)
        while gone < 3600 {
            try makeDue("a.test")
            tries += 1
            try await start(first.ssl) { gatehouse in
                let line = try await gatehouse.log.line("no certificate ")
                #expect(line.contains("names=a.test") && line.contains("failures=\(tries)"), "\(line)")
                #expect(line.contains("cannot be reached") && line.contains("help="), "\(line)")
                let served = try await managed.get("a.test", trusting: root)
                #expect(served.text == "here\n", "\(served)")
            }
            #expect(try managed.status(of: "a.test")["failures"] as? Int == tries)
            // A minute, and twice as long each time, give or take a tenth.
            let (pause, middle) = (try pause(of: "a.test"), 60 << (tries - 1))
            #expect((middle * 9 / 10...middle * 11 / 10).contains(pause), "\(pause) s after \(tries) tries")
            gone += pause
        }
        #expect((6...7).contains(tries))
        // A start does not shorten what is left of the pause: when the other name is tried, this one has been passed over.
        try makeDue("b.test")
        let next = try managed.status(of: "a.test")["nextTry"] as? Int
        try await start(first.ssl) { gatehouse in
            let line = try await gatehouse.log.line("no certificate ")
            #expect(line.contains("names=b.test"), "\(line)")
        }
        #expect(try managed.status(of: "a.test")["nextTry"] as? Int == next)
        #expect(try certificate(of: "a.test") == before)

        // It is back, and knows nobody any more.
        let second = try await pebble(at: first.listener)
        try makeDue("a.test")
        try await start(second.ssl) { gatehouse in
            let line = try await gatehouse.log.line("a new certificate is in use")
            #expect(line.contains("names=a.test"), "\(line)")
            let served = try await managed.get("a.test", trusting: second.root(in: managed.directory))
            #expect(served.text == "here\n", "\(served)")
        }
        #expect(try managed.status(of: "a.test")["failures"] as? Int == 0)
        #expect(try certificate(of: "a.test") != before)
    }
}
