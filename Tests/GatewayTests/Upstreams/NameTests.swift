import Foundation
import TestSupport
import Testing

@Suite("Names of upstreams")
struct NameTests {
    @Test("all addresses of a name are used, of both families, and a dead one costs the client nothing")
    func severalAddresses() async throws {
        let first = try closing("first")
        let second = try closing("second", host: "127.0.0.2", port: first.port)
        let names = try NameServer([
            // Nobody listens at the third; the fourth, of the other family, is tried beside it.
            "app.test": .addresses(["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"], ttl: 300)
        ])
        try await serving(names, "app.test:\(first.port)") { gatehouse, port in
            var seen: Set<String> = []
            for number in 0..<24 { seen.insert(try await get(port, "/\(number)").text) }
            #expect(seen == ["first", "second"])
            #expect(gatehouse.accessEntries.allSatisfy { $0["attempts"] == nil })
            // Asked once for each family, by each worker that had requests.
            #expect([2, 4].contains(names.questions.all.count), "\(names.questions.all)")
        }
        withExtendedLifetime(second) {}
    }

    @Test(
        "all addresses that /etc/hosts has for a name are used, and DNS is not asked",
        .enabled("no mount namespaces here") { try await Gatehouse.canBeGivenHosts() })
    func hosts() async throws {
        let first = try closing("first", host: "127.0.0.2")
        let second = try closing("second", host: "127.0.0.3", port: first.port)
        let third = try closing("third", host: "::1", port: first.port)
        let names = try NameServer(["app.test": .addresses(["127.0.0.1"], ttl: 300)])
        let hosts = "127.0.0.2 other.test app.test\n127.0.0.3 app.test # a second line\n::1 app.test\n"
        try await serving(names, "app.test:\(first)", hosts: hosts) { gatehouse, port in
            var seen: Set<String> = []
            for number in 0..<24 { seen.insert(try await get(port, "/\(number)").text) }
            #expect(seen == ["first", "second", "third"])
            #expect(gatehouse.accessEntries.allSatisfy { $0["attempts"] == nil })
            #expect(names.questions.all.isEmpty, "\(names.questions.all)")
        }
        withExtendedLifetime((second, third)) {}
    }

    @Test(
        "localhost and what is below it are the loopback of both families, whoever says otherwise",
        .enabled("no mount namespaces here") { try await Gatehouse.canBeGivenHosts() },
        arguments: ["localhost", "app.localhost", "LOCALHOST", "a.b.localhost."], ["127.0.0.1", "::1"])
    func loopback(name: String, host: String) async throws {
        let upstream = try closing("here", host: host)
        let names = try NameServer(["localhost": .addresses(["127.0.0.9"], ttl: 300)])
        // Neither an empty file nor one that leads elsewhere changes it.
        for hosts in ["", "127.0.0.9 localhost app.localhost a.b.localhost\n"] {
            try await serving(names, "\(name):\(upstream)", hosts: hosts, hasLocalhost: false) { gatehouse, port in
                for number in 0..<4 { try await expect(port, "/\(number)", "here") }
                #expect(gatehouse.accessEntries.allSatisfy { $0["attempts"] == nil })
            }
        }
        #expect(names.questions.all.isEmpty, "\(names.questions.all)")
    }

    @Test(
        "an address at which a connection hangs does not hold a request up: the next one is tried beside it",
        arguments: ["127.0.0.2", "::1"])
    func hangingAddress(other: String) async throws {
        let deaf = try DeafListener()
        let upstream = try closing("here", host: other, port: deaf.port)
        let names = try NameServer(["app.test": .addresses(["127.0.0.1", other], ttl: 300)])
        // A connection that waited for the first address alone would wait for ten minutes.
        try await serving(names, "app.test:\(deaf)") { gatehouse, port in
            for number in 0..<8 { try await expect(port, "/\(number)", "here") }
            #expect(gatehouse.accessEntries.allSatisfy { $0["attempts"] == nil })
        }
        withExtendedLifetime(upstream) {}
    }

    @Test("several addresses at which connections hang are passed over one after the other")
    func hangingAddresses() async throws {
        let deaf = try DeafListener()
        let upstream = try closing("here", host: "127.0.0.9", port: deaf.port)
        let other = try DeafListener(host: "127.0.0.2", port: deaf.port)
        let names = try NameServer(["app.test": .addresses(["127.0.0.1", "127.0.0.2", "127.0.0.9"], ttl: 300)])
        try await serving(names, "app.test:\(deaf)") { gatehouse, port in
            for number in 0..<6 { try await expect(port, "/\(number)", "here") }
            #expect(gatehouse.accessEntries.allSatisfy { $0["attempts"] == nil })
        }
        withExtendedLifetime((upstream, other)) {}
    }

    @Test("IPv6 alone will do")
    func onlyIPv6() async throws {
        let upstream = try Upstream.saying("six", host: "::1")
        let names = try NameServer(["app.test": .addresses(["::1"], ttl: 300)])
        try await serving(names, "app.test:\(upstream)") { _, port in try await expect(port, "/", "six") }
    }

    @Test(
        "when the TTL has run out, or max_ttl, the new address is used",
        arguments: [(UInt32(1), "max_ttl = 300"), (86_400, "max_ttl = 1"), (0, "min_ttl = \"100ms\"")])
    func timeToLive(ttl: UInt32, keys: String) async throws {
        let old = try closing("old")
        let new = try closing("new", host: "127.0.0.2", port: old.port)
        let names = try NameServer(["app.test": .addresses(["127.0.0.1"], ttl: ttl)])
        try await serving(names, "app.test:\(old)", dns: keys) { _, port in
            try await expect(port, "/", "old")
            names.set("app.test", .addresses(["127.0.0.2"], ttl: 300))
            let seen = try await seen(port, until: "new")
            #expect(seen.allSatisfy { $0 == "old" }, "\(seen)")
        }
        withExtendedLifetime(new) {}
    }

    @Test(
        "an alias and the addresses behind it live as long as the shorter-lived",
        arguments: [(UInt32(1), UInt32(86_400)), (86_400, 1)])
    func aliases(ttl: UInt32, addressTTL: UInt32) async throws {
        let old = try closing("old")
        let new = try closing("new", host: "127.0.0.2", port: old.port)
        let names = try NameServer(["app.test": .alias(ttl: ttl, ["127.0.0.1"], addressTTL: addressTTL)])
        try await serving(names, "app.test:\(old)") { _, port in
            try await expect(port, "/", "old")
            names.set("app.test", .alias(ttl: 300, ["127.0.0.2"], addressTTL: 300))
            let seen = try await seen(port, until: "new")
            #expect(seen.allSatisfy { $0 == "old" }, "\(seen)")
        }
        withExtendedLifetime(new) {}
    }

    @Test("connections that are kept alive do not outlive the addresses that they lead to, and are not cut")
    func keptAlive() async throws {
        let old = try Upstream.saying("old")
        let new = try Upstream.saying("new", host: "127.0.0.2", port: old.port)
        let names = try NameServer(["app.test": .addresses(["127.0.0.1"], ttl: 1)])
        try await serving(names, "app.test:\(old)") { gatehouse, port in
            try await expect(port, "/", "old")
            names.set("app.test", .addresses(["127.0.0.2"], ttl: 300))
            var seen: [String] = []
            while seen.last != "new", seen.count < 10_000 { seen.append(try await get(port, "/").text) }
            #expect(seen.last == "new" && seen.dropLast().allSatisfy { $0 == "old" }, "\(seen.suffix(3))")
            for _ in 0..<5 { try await expect(port, "/", "new") }
            #expect(old.connections.all == [1] && new.connections.all == [1])
            #expect(gatehouse.accessEntries.allSatisfy { $0["attempts"] == nil })
            // Its one connection has been closed.
            _ = try await old.closures.first(1)
        }
    }

    @Test("an idle connection is closed when its address does not belong to the name any more, without a request")
    func idleAtOldAddress() async throws {
        let old = try Upstream.saying("old")
        let names = try NameServer(["app.test": .addresses(["127.0.0.1"], ttl: 1)])
        try await serving(names, "app.test:\(old)") { _, port in
            try await expect(port, "/", "old")
            names.set("app.test", .addresses(["127.0.0.2"], ttl: 300))
            _ = try await old.closures.first(1)
        }
    }

    @Test("the addresses of a name take turns over connections that are kept alive", arguments: [1, 2])
    func turns(workers: Int) async throws {
        let first = try Upstream.saying("1")
        let others = try (2...3).map { try Upstream.saying("\($0)", host: "127.0.0.\($0)", port: first.port) }
        let names = try NameServer(["app.test": .addresses(["127.0.0.1", "127.0.0.2", "127.0.0.3"], ttl: 300)])
        try await serving(names, "app.test:\(first)", workers: workers) { _, port in
            var seen: [String: Int] = [:]
            for number in 0..<30 { seen[try await get(port, "/\(number)").text, default: 0] += 1 }
            // Each worker begins elsewhere, and its last round may not be whole.
            #expect(seen.count == 3 && seen.values.allSatisfy { 10 - workers...10 + workers ~= $0 }, "\(seen)")
            for upstream in others + [first] { #expect((1...workers).contains(upstream.connections.all.count)) }
        }
    }

    @Test("IPv6 that a name server says nothing about delays nobody for long")
    func silenceAboutIPv6() async throws {
        let upstream = try closing("here")
        let names = try NameServer(["app.test": .onlyIPv4(["127.0.0.1"], ttl: 300)])
        // Whoever waited for it would wait for twenty minutes.
        try await serving(names, "app.test:\(upstream)", dns: "timeout = 600") { _, port in
            try await expect(port, "/", "here")
        }
    }

    @Test("a name that is unknown degrades its pool alone, with its reason, until it is known")
    func unknown() async throws {
        let upstream = try Upstream.saying("here")
        let names = try NameServer([:])
        try await serving(names, "app.test:\(upstream)", beside: upstream) { gatehouse, port in
            let answer = try await get(port, "/lost")
            #expect(answer.text.contains("502") && answer.code == 0)
            let entry = try await gatehouse.access("/lost")
            #expect(entry["status"] == "502" && entry["reason"] == "upstream_unresolved", "\(entry)")
            #expect(entry["detail"]?.hasPrefix("app.test: ") == true, "\(entry)")
            let line = try await gatehouse.log.first("the name's failure") { $0.contains("upstream name not resolved") }
            #expect(line.contains("app.test"), "\(line)")
            try await expect(port, "/beside", "here")
            names.set("app.test", .addresses(["127.0.0.1"], ttl: 300))
            _ = try await seen(port, until: "here")
            _ = try await gatehouse.log.first("the name's return") { $0.contains("upstream name resolved again") }
        }
    }

    @Test(
        "no answer of the name server within the attempts is an error with its reason",
        arguments: [
            NameServer.Reply.silence, .failure,
        ])
    func noAnswer(reply: NameServer.Reply) async throws {
        let upstream = try Upstream.saying("here")
        let names = try NameServer(["app.test": reply])
        try await serving(names, "app.test:\(upstream)", dns: "timeout = \"50ms\"\nattempts = 1") { gatehouse, port in
            let answer = try await get(port, "/lost")
            #expect(answer.text.contains("502"))
            #expect(try await gatehouse.access("/lost")["reason"] == "upstream_unresolved")
        }
    }

    @Test("that a name has no IPv6 is not told as the reason where nobody could say whether it has IPv4")
    func failureOfIPv4() async throws {
        let upstream = try Upstream.saying("here")
        let names = try NameServer(["app.test": .failureOfIPv4])
        try await serving(names, "app.test:\(upstream)", dns: "timeout = \"50ms\"\nattempts = 1") { gatehouse, port in
            #expect(try await get(port, "/lost").text.contains("502"))
            let detail = try await gatehouse.access("/lost")["detail"]
            // c-ares has other words for it in other versions.
            #expect(detail?.hasPrefix("app.test: ") == true && detail?.contains("no data") == false, "\(detail ?? "")")
        }
    }

    @Test("while a name is looked up its worker serves others, and asks again when there is no answer")
    func patience() async throws {
        let upstream = try Upstream.saying("here")
        let names = try NameServer(["app.test": .silence])
        try await serving(names, "app.test:\(upstream)", beside: upstream, dns: "timeout = \"100ms\"\nattempts = 10") { _, port in
            async let waiting = get(port, "/slow")
            _ = try await names.questions.first(2)
            try await expect(port, "/beside", "here")
            // At least one repetition for lack of an answer.
            _ = try await names.questions.first(3)
            names.set("app.test", .addresses(["127.0.0.1"], ttl: 300))
            #expect(try await waiting.text == "here")
        }
    }

    @Test("a name that is lost keeps its addresses, and the log says so")
    func lost() async throws {
        let upstream = try closing("here")
        let names = try NameServer(["app.test": .addresses(["127.0.0.1"], ttl: 0)])
        try await serving(names, "app.test:\(upstream)", dns: "min_ttl = \"10ms\"") { gatehouse, port in
            try await expect(port, "/", "here")
            names.set("app.test", .unknown)
            for _ in 0..<1000 where !gatehouse.log.all.contains(where: { $0.contains("upstream name not resolved") }) {
                try await expect(port, "/", "here")
            }
            let line = try await gatehouse.log.first("the name's failure") { $0.contains("upstream name not resolved") }
            #expect(line.contains("Domain name not found"), "\(line)")
        }
    }

    @Test(
        "the name servers of /etc/resolv.conf are those that it names now, not those of the start",
        .enabled("no mount namespaces here, or no right to listen at port 53") {
            let isFree = (try? NameServer([:], host: "127.0.53.1", port: 53)) != nil
            return try await Gatehouse.canBeGivenHosts() && isFree
        })
    func otherNameServers() async throws {
        let upstream = try closing("here")
        // The file names no ports.
        let names = try NameServer(["app.test": .addresses(["127.0.0.1"], ttl: 300)], host: "127.0.53.2", port: 53)
        let (port, directory) = try (FreePort(), TemporaryDirectory())
        // As on a machine whose network is not up yet.
        let file = try directory.write("resolv.conf", "")
        let toml = Sites.proxy(
            port, to: "http://app.test:\(upstream)", proxy: "[sites.proxy.passive_health]\ncircuit_fails = 1000000\n",
            top: "[dns]\ntimeout = \"50ms\"\nattempts = 1\n")
        try await Gatehouse.serving(toml, resolvers: file) { _ in
            #expect(try await get(port, "/early").text.contains("502"))
            try "nameserver 127.0.53.2\n".write(toFile: file, atomically: false, encoding: .utf8)
            _ = try await seen(port, until: "here")
        }
        withExtendedLifetime(names) {}
    }

    @Test("0.0.0.0 and ::, as filters answer for what they block, are nobody's address, and not this machine's")
    func blocked() async throws {
        let upstream = try closing("here")
        let names = try NameServer(["app.test": .addresses(["0.0.0.0", "::", "::ffff:0.0.0.0"], ttl: 0)])
        try await serving(names, "app.test:\(upstream)", dns: "min_ttl = \"10ms\"") { gatehouse, port in
            #expect(try await get(port, "/blocked").text.contains("502"))
            let entry = try await gatehouse.access("/blocked")
            #expect(entry["reason"] == "upstream_unresolved", "\(entry)")
            #expect(entry["detail"]?.contains("that of nobody") == true, "\(entry)")
            names.set("app.test", .addresses(["0.0.0.0", "127.0.0.1"], ttl: 300))
            _ = try await seen(port, until: "here")
        }
    }

    @Test("an address of nobody is no reason to wait for the other family for less time")
    func nobodyBesideASlowFamily() async throws {
        let upstream = try closing("here")
        let names = try NameServer(["app.test": .onlyIPv6(["::"], ttl: 300)])
        // The question for IPv4 is repeated after what an address of the other family would be used after.
        try await serving(names, "app.test:\(upstream)", dns: "timeout = \"400ms\"\nattempts = 10") { gatehouse, port in
            async let waiting = get(port, "/")
            _ = try await names.questions.first(2)
            names.set("app.test", .addresses(["127.0.0.1"], ttl: 300))
            #expect(try await waiting.text == "here")
            #expect(!gatehouse.log.all.contains { $0.contains("upstream name not resolved") })
        }
    }

    @Test("a look-up that is under way does not keep the gateway from stopping")
    func stopping() async throws {
        let names = try NameServer(["app.test": .silence])
        let port = try FreePort()
        let toml = Sites.proxy(
            port, to: "http://app.test:1",
            top: "[limits]\ndrain_timeout = 0.1\n[dns]\nservers = [\"\(names)\"]\ntimeout = 600\n")
        var client: ChildProcess?
        // At its end the gateway must stop.
        try await Gatehouse.serving(toml) { _ in
            client = try ChildProcess("curl", ["-sS", "http://127.0.0.1:\(port)/"])
            _ = try await names.questions.first(2)
        }
        let exit = try await client?.exit()
        #expect(exit != .code(0))
    }

    @Test("an answer that is too long for UDP comes over TCP")
    func longAnswer() async throws {
        let upstream = try Upstream.saying("here")
        let many = (10..<60).map { "127.0.1.\($0)" }
        let names = try NameServer(["app.test": .tooLongForUDP(["127.0.0.1"] + many, ttl: 300)])
        try await serving(names, "app.test:\(upstream)") { _, port in try await expect(port, "/", "here") }
    }

    // MARK: -

    /// A gateway serves `/` by a name, and `/beside` by an address.
    private func serving(
        _ names: NameServer, _ authority: String, beside: Upstream? = nil, dns: String = "", hosts: String? = nil,
        hasLocalhost: Bool = true, workers: Int = 1, _ body: (Gatehouse, FreePort) async throws -> Void
    ) async throws {
        let port = try FreePort()
        let other = beside.map {
            """
            [[sites.proxy.upstreams]]
            name = "other"
            url = "http://127.0.0.1:\($0)"
            [[sites.proxy.routes]]
            path = "/beside"
            upstream = "other"
            """
        }
        let toml = Sites.proxy(
            port, to: "http://\(authority)",
            proxy: "[sites.proxy.passive_health]\ncircuit_fails = 1000000\n" + (other ?? ""),
            top: "[dns]\nservers = [\"\(names)\"]\n\(dns)\n")
        try await Gatehouse.serving(toml, workers: workers, hosts: hosts, hasLocalhost: hasLocalhost) {
            try await body($0, port)
        }
    }

    /// An upstream that closes after each answer, so that each request looks where its name is.
    private func closing(_ text: String, host: String = "127.0.0.1", port: UInt16 = 0) throws -> Upstream {
        try Upstream.answering(host: host, port: port) { _ in
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        }
    }

    /// Asks until the answer comes, which is a change of the name's; a thousand times at most.
    /// - Returns: the answers before.
    private func seen(_ port: FreePort, until text: String) async throws -> [String] {
        var seen: [String] = []
        for _ in 0..<1000 {
            let answer = try await get(port, "/").text
            if answer == text { return seen }
            seen.append(answer)
        }
        Issue.record("\(text) did not come: \(seen.suffix(3))")
        return seen
    }

    private func expect(_ port: FreePort, _ target: String, _ text: String) async throws {
        #expect(try await get(port, target).text == text)
    }

    private func get(_ port: FreePort, _ target: String) async throws -> Command.Outcome {
        try await Command.curl(["http://127.0.0.1:\(port)\(target)"])
    }
}
