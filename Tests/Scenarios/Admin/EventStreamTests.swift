import Foundation
import TestSupport
import Testing

@Suite("The event stream")
struct EventStreamTests {
    @Test("tells each second what has come, what is open, and what was refused, by reason and key; the gateway ends under it")
    func snapshots() async throws {
        let upstream = try Upstream { _, wire in
            while let request = try wire.readRequest() {
                if request.head.contains("/tunnel") {
                    try wire.write(Tunnelled.accept("a"))
                    _ = try wire.readToEnd()
                    return
                }
                try wire.write(Upstream.ok("ok"))
            }
        }
        let watched = try await WatchedGatehouse([upstream.port], top: "[security]\nmax_request_size = 10")
        let watcher = try watched.watch()
        let first = try await watched.snapshot(watcher)
        #expect(first["rates"] == nil && first["is_counted"] as? Bool == true && first.number("watchers") == 1, "\(first)")
        #expect(first.number("generations", "current") == 1 && first.list("workers").count == 2, "\(first)")
        let tunnel = try await onThread { try Tunnelled(watched.port) }
        let url = "http://localhost:\(watched.port)/"
        #expect(try await Command.curl([url + "well?secret=1"]).text == "ok")
        let refused = try await Command.curl(["-d", "more than ten bytes", "-H", "Expect:", url + "%3Cb%3E?secret=2"])
        #expect(refused.text.contains("413"), "\(refused)")
        let then = try await watched.snapshot(watcher) { ($0.list("failures", "first").first?["status"] as? Int) == 413 }
        let failure = try #require(then.list("failures", "first").first)
        #expect(
            failure["reason"] as? String == "body_too_large" && failure["method"] as? String == "POST"
                && failure["path"] as? String == "/%3Cb%3E" && failure["site"] as? String == "shop", "\(failure)")
        #expect((failure["key"] as? String)?.contains("max_request_size") == true, "\(failure)")
        let counted = try await watched.snapshot(watcher) { $0.list("routes", "first").first?["total"] as? Int == 3 }
        #expect(counted.number("tunnels") == 1 && counted.number("connections") ?? 0 >= 1, "\(counted)")
        #expect(counted.list("sites", "first").map { $0["site"] as? String } == ["shop"])
        let server = try #require(counted.list("servers", "first").first)
        #expect(server["url"] as? String == "http://127.0.0.1:\(upstream.port)" && server["states"] as? [String] == [])
        // Numbers follow one another: one snapshot is made for all.
        let other = try watched.watch()
        let (here, there) = (
            try await watched.snapshot(other), try await watched.snapshot(watcher) { $0.number("watchers") == 2 }
        )
        #expect((here.number("number") ?? 0) >= (counted.number("number") ?? 0))
        #expect(there["name"] as? String == "gatehouse")
        #expect(other.output.all.contains { $0 == "data: {\"role\":\"administrator\"}" })
        let text = other.output.all.joined() + watcher.output.all.joined()
        #expect(!text.contains("secret") && text.contains("event: history"))
        tunnel.wire.close()
        try await watched.running.end()
        #expect(try await watcher.exit() == .code(0))
        #expect(try await other.exit() == .code(0))
    }

    @Test("tells of answers that are stored how many requests they have answered; sites without are not in it")
    func caches() async throws {
        let upstream = try Upstream.answering { _ in
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 2\r\n\r\nok"
        }
        let plain = try await WatchedGatehouse([upstream.port])
        let first = try await plain.snapshot(try plain.watch())
        #expect(first.number("caches", "total") == 0 && first.list("caches", "first").isEmpty, "\(first)")
        try await plain.running.end()
        let directory = try TemporaryDirectory()
        let watched = try await WatchedGatehouse(
            [upstream.port], top: "[performance]\nworker_threads = 1",
            site: "[sites.cache_upstream]\ndisk_dir = \"\(directory.path)\"")
        let watcher = try watched.watch()
        _ = try await watched.snapshot(watcher)
        // One that is stored is sent nine times.
        let url = "http://localhost:\(watched.port)/"
        #expect(try await Command.curl([url]).text == "ok")
        #expect(try await Command.curl(Array(repeating: url, count: 9)).text == String(repeating: "ok", count: 9))
        let then = try await watched.snapshot(watcher) { $0.list("caches", "first").first?["hits"] as? Int == 9 }
        let cache = try #require(then.list("caches", "first").first)
        #expect(cache["site"] as? String == "shop" && cache["answers"] as? Int == 1 && cache["misses"] as? Int == 1, "\(cache)")
        #expect(cache.number("bytes") ?? 0 > 0 && cache["disk"] is [String: Any], "\(cache)")
        var asked = 0.0
        for line in watcher.output.all where line.hasPrefix("data: {") {
            let value = try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any] ?? [:]
            guard let seconds = value.number("seconds"), let row = value.list("caches", "first").first else { continue }
            asked += seconds * (row.number("requests") ?? 0)
            let share = row.number("hit_share")
            #expect(share == nil || (0...100).contains(share ?? -1), "\(row)")
        }
        #expect(Int(asked.rounded()) == 10)
        let top = try await Command.run(
            Place.gatehouse, ["top", "--once", "--socket", watched.socket], environment: ["COLUMNS": "80"])
        #expect(top.text.contains("STORED ANSWERS  1"), "\(top)")
        try await watched.running.end()
    }

    @Test("rates are those of the time between two snapshots")
    func rates() async throws {
        let upstream = try Upstream.saying("ok")
        let watched = try await WatchedGatehouse([upstream.port])
        let watcher = try watched.watch()
        _ = try await watched.snapshot(watcher)
        let url = "http://localhost:\(watched.port)/[1-40]"
        #expect(try await Command.curl(["-o", "/dev/null", "-g", url.replacing("[1-40]", with: "")]).code == 0)
        #expect(try await Command.curl(["-s", "-o", "/dev/null", "http://localhost:\(watched.port)/[1-40]"]).code == 0)
        _ = try await watched.snapshot(watcher) { $0.list("routes", "first").first?["total"] as? Int == 41 }
        var sum = 0.0
        for line in watcher.output.all where line.hasPrefix("data: {") {
            let value = try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any] ?? [:]
            guard let seconds = value.number("seconds"), let rate = value.number("rates", "requests") else { continue }
            sum += seconds * rate
        }
        #expect(abs(sum - 41) < 0.01, "\(sum)")
        try await watched.running.end()
    }

    @Test("is for those who show a key and ask by a right name; a reader is told to be one")
    func access() async throws {
        let watched = try await WatchedGatehouse([1])
        for (path, key, fields, status) in [
            ("/events", nil, [], 401), ("/events", "wrong", [], 401),
            ("/events", WatchedGatehouse.key, ["Host: evil.example"], 403),
            ("/events", WatchedGatehouse.key, ["Origin: https://evil.example"], 403),
            ("/dashboard", nil, ["Host: evil.example"], 403),
            ("/dashboard", nil, ["Origin: https://evil.example"], 403), ("/dashboard", nil, [], 200),
        ] as [(String, String?, [String], Int)] {
            #expect(try await watched.ask(path, key: key, fields.flatMap { ["-H", $0] }).status == status, "\(path) \(fields)")
        }
        let answer = try await watched.ask("/events", ["-X", "POST"])
        #expect(answer.status == 405 && answer.text.contains("Allow: GET, HEAD"), "\(answer)")
        // To be let in without a key is for who comes to the socket.
        #expect(try await watched.ask("/dashboard", ["-X", "POST"]).status == 403)
        for path in ["/events", "/dashboard"] { #expect(try await watched.ask(path, ["-I"]).status == 200) }
        let reader = try ChildProcess(
            "curl",
            ["-sSNi", "-H", "Authorization: Bearer \(WatchedGatehouse.readKey)", "http://127.0.0.1:\(watched.management)/events"])
        _ = try await reader.output.first("its role") { $0 == "data: {\"role\":\"reader\"}" }
        let head = reader.output.all.prefix { !$0.isEmpty && $0 != "\r" }
        #expect(
            head.contains { $0.hasPrefix("Content-Type: text/event-stream") }
                && head.contains { $0.hasPrefix("Cache-Control: no-store") })
        #expect(
            head.contains { $0.hasPrefix("Connection: close") } && !head.contains { $0.hasPrefix("Content-Length") }, "\(head)")
        reader.kill()
        let page = try await watched.ask("/dashboard", key: nil)
        #expect(page.text.contains("Content-Security-Policy: default-src 'none'; script-src 'sha256-"))
        #expect(!page.text.contains("unsafe-inline") && !page.text.contains("http-equiv"))
        try await watched.running.end()
    }

    @Test("has places for 512, and one more when one has gone; orders have room beside them")
    func places() async throws {
        let upstream = try Upstream.saying("ok")
        let watched = try await WatchedGatehouse([upstream.port])
        let crowd = try watched.python("event_watchers.py", ["\(watched.management)", WatchedGatehouse.readKey, "515"])
        #expect(try await crowd.output.first(1) == ["200 512 503 3"])
        let late = try await watched.ask("/events")
        #expect(
            late.status == 503 && late.text.contains("Retry-After: 10") && late.text.contains("application/problem+json"),
            "\(late)")
        #expect(try await watched.ask("/status").status == 200)
        #expect(try await Command.curl(["http://localhost:\(watched.port)/"]).text == "ok")
        try crowd.write("leave\n")
        #expect(try await crowd.output.first(2).last == "closed")
        // It is gone for the gateway when the next snapshot finds nobody.
        var statuses: Set<Int> = []
        while !statuses.contains(200) { statuses.insert(try await watched.ask("/events", ["--max-time", "1"]).status) }
        crowd.kill()
        try await watched.running.end()
    }

    @Test("cuts who does not read; the others go on")
    func stalled() async throws {
        let ports = (0..<40).map { UInt16($0 + 1) }
        let watched = try await WatchedGatehouse(ports)
        let watcher = try watched.watch()
        let stalled = try watched.python("event_watchers.py", ["\(watched.management)", WatchedGatehouse.key, "1", "stalled"])
        #expect(try await stalled.output.first(1) == ["200 1"])
        _ = try await watched.snapshot(watcher) { $0.number("watchers") == 2 }
        let last = try await stalled.output.first(2).last
        // ECONNRESET: it must not take what it has for the whole.
        #expect(last == "cut 104")
        let number = try await watched.snapshot(watcher) { $0.number("watchers") == 1 && $0.number("number") ?? 0 > 3 }
        #expect(number.number("servers", "total") == 40)
        stalled.kill()
        try await watched.running.end()
    }
}
