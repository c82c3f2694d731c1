import Testing

@testable import ACME

@Suite("What an authority says")
struct OrderTests {
    private func order(_ status: String, _ more: String = "") throws -> Order {
        let json = """
            {"status": "\(status)", "authorizations": ["https://ca/a"], "finalize": "https://ca/f", "new": {"x": 1}\(more)}
            """
        return try #require(JSON.decode(Order.self, Array(json.utf8)))
    }

    @Test("of an order decides what is done next (RFC 8555 §7.1.6)")
    func steps() throws {
        #expect(try order("pending").step == .authorize(["https://ca/a"]))
        #expect(try order("ready").step == .finalize("https://ca/f"))
        #expect(try order("processing").step == .wait)
        #expect(try order("valid", #", "certificate": "https://ca/c""#).step == .download("https://ca/c"))
        #expect(try order("valid").step == .fail("the order is valid and names no certificate"))
        let error = #", "error": {"type": "urn:ietf:params:acme:error:caa", "detail": "no"}"#
        #expect(try order("invalid", error).step == .fail("caa: no"))
        guard case .fail = try order("invalid").step else { throw Issue("an invalid order goes on") }
    }

    @Test("that comes back to where it has been is no progress, however often")
    func comesBack() {
        var progress = OrderProgress(from: .pending)
        let states: [Order.Status] = [.pending, .ready, .pending, .ready, .pending, .processing, .ready, .processing, .valid]
        let advances = states.map { progress.advances(to: $0) }
        #expect(advances == [false, true, false, false, false, false, false, false, true])
    }

    private struct Issue: Error { init(_ words: String) {} }

    @Test(
        "is refused where it is not ACME",
        arguments: [
            "", "<html></html>", "{}", "[]", #"{"status": "done", "authorizations": [], "finalize": "x"}"#,
            #"{"status": "ready", "authorizations": "x", "finalize": "x"}"#, #"{"status": "ready", "authorizations": []}"#,
        ])
    func nonsense(json: String) { #expect(JSON.decode(Order.self, Array(json.utf8)) == nil) }

    @Test("of a failure is told in its own words, for each name")
    func problem() throws {
        let json = """
            {"type": "urn:ietf:params:acme:error:malformed", "detail": "two names are wrong", "subproblems": [
              {"type": "x", "detail": "no such name", "identifier": {"type": "dns", "value": "a.test"}}]}
            """
        let problem = try #require(JSON.decode(ACMEProblem.self, Array(json.utf8)))
        #expect(problem.description == "malformed: two names are wrong; a.test: no such name")
        let long = ACMEProblem(type: "x", detail: String(repeating: "word ", count: 40_000))
        #expect(long.description.count == 1001)
        let error = ACMEError.refused(problem, status: 400, retryAfter: 7)
        #expect(error.description.contains("refuses (400): malformed: two names are wrong"))
        #expect(error.retryAfter == 7 && error.problemKind == "malformed")
    }

    @Test("against an order begins another one; that it is silent, or that something fails here, does not")
    func leavesOrder() throws {
        let url = try #require(ServiceURL("https://ca.example/order"))
        let ours: [ACMEError] = [.storage("full"), .damaged("cut"), .hook("ended with code 1")]
        let silent: [ACMEError] = [.unreachable("gone"), .unavailable(503, url, retryAfter: nil)]
        #expect((ours + silent).filter { !$0.leavesOrder }.isEmpty)
        let problem = ACMEProblem(type: "urn:ietf:params:acme:error:orderNotReady")
        let against: [ACMEError] = [
            .refused(problem, status: 403, retryAfter: nil), .malformed("HTML"), .settings("no such profile"),
            .validationFailed("no"), .wrongCertificate("of another"), .timedOut("never"),
        ]
        #expect(against.filter { $0.leavesOrder }.isEmpty)
    }

    @Test("is told in some lines, however long it is")
    func longWords() {
        let long = String(repeating: "profile, ", count: 20_000)
        for error in [ACMEError.settings(long), .validationFailed(long), .malformed(long)] {
            #expect(error.description.count == 2001 && error.description.hasSuffix("…"))
        }
        #expect(ACMEError.settings("short").description == "short")
    }

    @Test("of a name tells addresses from names", arguments: [("a.test", "dns"), ("192.0.2.1", "ip"), ("::1", "ip")])
    func identifier(name: String, type: String) { #expect(Identifier(name).type == type) }
}

@Suite("The time of the next try")
struct RenewalScheduleTests {
    @Test(
        "of a good certificate is at two thirds of its life, or a twentieth before",
        arguments: [90 * 86_400, 6 * 86_400, 120] as [Int64])
    func renewal(life: Int64) {
        let (latest, earliest) = (
            RenewalSchedule.renewal(notBefore: 1000, notAfter: 1000 + life, draw: 0),
            RenewalSchedule.renewal(notBefore: 1000, notAfter: 1000 + life, draw: 999)
        )
        #expect(latest == 1000 + life * 2 / 3)
        #expect(earliest < latest && earliest >= latest - life / 20)
    }

    @Test("of one that was dated back is not at once: a third of what is left passes first")
    func datedBack() {
        func renewal(_ notBefore: Int64, _ notAfter: Int64) -> Int64 {
            RenewalSchedule.renewal(notBefore: notBefore, notAfter: notAfter, issued: 0, draw: 0)
        }
        #expect(renewal(-864_000, 86_400) == 28_800)
        #expect(renewal(-3600, 90 * 86_400 - 3600) == 60 * 86_400 - 3600)
        #expect(renewal(0, 120) == 80)
        #expect(renewal(-1000, 1) == 1)
    }

    @Test("that was written while the clock was ahead is not waited for")
    func clockAhead() {
        let (now, ahead): (Int64, Int64) = (1_800_000_000, 2_100_000_000)
        var status = CertificateStatus()
        (status.failures, status.lastTry, status.nextTry) = (3, ahead, ahead + 240)
        (status.notBefore, status.notAfter, status.nextLook) = (now - 86_400, now + 86_400, ahead + 21_600)
        status.correctTimes(now: now)
        #expect(status.nextTry == now + 240 && status.lastTry == now && status.nextLook == nil)
        // One that is right stays.
        (status.lastTry, status.nextTry, status.nextLook) = (now - 10, now + 230, now + 21_600)
        let right = status
        status.correctTimes(now: now)
        #expect(status == right)
        // Nor is one waited for that nobody has written, nor for a renewal after the end.
        status.nextTry = .max
        status.correctTimes(now: now)
        #expect(status.nextTry == now - 10 + 30 * 86_400)
        (status.failures, status.nextTry) = (0, now + 86_401)
        status.correctTimes(now: now)
        #expect(status.nextTry == now - 86_400 + 2 * 57_600)
    }

    @Test("after failures doubles up to a day, give or take a tenth")
    func backOff() {
        var last: Int64 = 0
        for failures in 1...30 {
            let least = RenewalSchedule.retry(now: 0, failures: failures, retryAfter: nil, draw: 0)
            let most = RenewalSchedule.retry(now: 0, failures: failures, retryAfter: nil, draw: 999)
            #expect(least < most && least >= last && most <= 86_400 + 8640)
            if failures < 12 { #expect(least == (60 << Int64(failures - 1)) * 9 / 10) }
            last = least
        }
        #expect(last == 86_400 * 9 / 10)
    }

    @Test("leaves a certificate that lives for days the time for several more")
    func shortLived() {
        var (now, tries): (Int64, Int) = (4 * 86_400, 0)
        while now < 6 * 86_400 {
            tries += 1
            now = RenewalSchedule.retry(now: now, failures: tries, retryAfter: nil, expires: 6 * 86_400, draw: 500)
        }
        #expect(tries > 20)
        #expect(RenewalSchedule.retry(now: 0, failures: 9, retryAfter: 99_999, expires: 800, draw: 0) == 99_999)
        #expect(RenewalSchedule.retry(now: 900, failures: 12, retryAfter: nil, expires: 800, draw: 0) > 70_000)
    }

    @Test(
        "is not before the authority wants it, unless that is nonsense",
        arguments: [(0, 54), (600, 600), (Int64.max, 2_592_000)] as [(Int64, Int64)])
    func retryAfter(seconds: Int64, time: Int64) {
        #expect(RenewalSchedule.retry(now: 0, failures: 1, retryAfter: seconds, draw: 0) == time)
    }
}

@Suite("When an authority wants a certificate renewed")
struct RenewalWindowTests {
    @Test(
        "is read as RFC 3339 writes it",
        arguments: [
            ("2021-01-03T00:00:00Z", 1_609_632_000), ("2021-01-03T00:00:00.123456789Z", 1_609_632_000),
            ("2021-01-03t01:30:00+01:30", 1_609_632_000), ("2021-01-02T23:00:00-01:00", 1_609_632_000),
            ("2024-02-29T23:59:60Z", 1_709_251_200), ("1970-01-01 00:00:00z", 0),
        ] as [(String, Int64)])
    func times(text: String, seconds: Int64) {
        #expect(RenewalWindow.seconds(text) == seconds)
        for end in text.indices { #expect(RenewalWindow.seconds(String(text[..<end])) == nil) }
    }

    @Test(
        "is no time",
        arguments: [
            "2021-02-29T00:00:00Z", "2021-13-01T00:00:00Z", "2021-00-01T00:00:00Z", "2021-01-32T00:00:00Z",
            "2021-01-03T24:00:00Z", "2021-01-03T00:60:00Z", "2021-01-03T00:00:00", "2021-01-03T00:00:00+1:00",
            "2021-01-03T00:00:00Zx", "٢٠٢١-01-03T00:00:00Z", "1609632000", "",
        ])
    func noTimes(text: String) { #expect(RenewalWindow.seconds(text) == nil) }

    private func window(_ start: String, _ end: String, _ more: String = "") -> RenewalWindow? {
        RenewalWindow(json: Array(#"{"suggestedWindow": {"start": "\#(start)", "end": "\#(end)"}\#(more)}"#.utf8))
    }

    @Test("is what the authority's answer says, if it ends after its start (RFC 9773 §4.2)")
    func answers() {
        let more = #", "explanationURL": "https://ca.example/why""#
        let right = window("2025-01-02T04:00:00Z", "2025-01-03T04:00:00Z", more)
        #expect(right?.start == 1_735_790_400 && right?.end == 1_735_876_800 && right?.explanation == "https://ca.example/why")
        #expect(window("2025-01-03T04:00:00Z", "2025-01-03T04:00:00Z") == nil)
        #expect(window("2025-01-03T04:00:00Z", "2025-01-02T04:00:00Z") == nil)
        #expect(RenewalWindow(json: Array("<html>".utf8)) == nil && RenewalWindow(json: Array("{}".utf8)) == nil)
    }

    @Test("is heeded within reason")
    func moments() throws {
        let window = try #require(self.window("1970-01-02T00:00:00Z", "1970-01-03T00:00:00Z"))
        func moment(notAfter: Int64, issued: Int64, _ draw: Int64) -> Int64 {
            RenewalSchedule.renewal(in: window, notAfter: notAfter, issued: issued, draw: draw)
        }
        #expect(moment(notAfter: 1_000_000, issued: 0, 0) == 86_400)
        #expect(moment(notAfter: 1_000_000, issued: 0, 500) == 86_400 + 43_200)
        #expect(moment(notAfter: 1_000_000, issued: 0, 999) < 2 * 86_400)
        // Too late, and before it was even issued.
        #expect(moment(notAfter: 90_000, issued: 0, 999) == 81_000)
        #expect(moment(notAfter: 2_000_000, issued: 1_000_000, 0) == 1_003_600)
        #expect(moment(notAfter: 1_000_120, issued: 1_000_000, 0) == 1_000_006)
    }

    @Test(
        "is asked for as often as it says, within a minute and a day",
        arguments: [(nil, 21_600), (0, 60), (7200, 7200), (.max, 86_400), (.min, 60)] as [(Int64?, Int64)])
    func looks(retryAfter: Int64?, pause: Int64) {
        #expect(RenewalSchedule.look(now: 0, retryAfter: retryAfter, draw: 0) == pause)
        #expect(RenewalSchedule.look(now: 0, retryAfter: retryAfter, draw: 999) <= pause + pause / 10)
    }
}

@Suite("An authority that is down for an hour")
struct OutageTests {
    /// The times of the tries from the first one that fails until the one that does not, in seconds.
    private func tries(outage: Int64, expires: Int64?, draw: Int64) -> [Int64] {
        var (now, tries): (Int64, [Int64]) = (1_000_000, [])
        let end = now + outage
        while true {
            tries.append(now - 1_000_000)
            guard now < end else { return tries }
            now = RenewalSchedule.retry(
                now: now, failures: tries.count, retryAfter: nil, expires: expires.map { 1_000_000 + $0 }, draw: draw)
        }
    }

    @Test("is asked seven times at most, and again within an hour of its return", arguments: [0, 500, 999] as [Int64])
    func hour(draw: Int64) {
        let tries = tries(outage: 3600, expires: 30 * 86_400, draw: draw)
        #expect(tries.count <= 7 + 1 && tries[1] >= 54 && tries.last.map { $0 < 7200 } == true, "\(tries)")
    }

    @Test("costs a certificate of two minutes or six days nothing of its life", arguments: [(120, 40), (6 * 86_400, 3600)])
    func short(life: Int64, outage: Int64) throws {
        // Renewed after two thirds of its life, so a third is left.
        let tries = tries(outage: outage, expires: life / 3 + 60, draw: 999)
        #expect(try #require(tries.last) < life / 3 + 60, "\(tries)")
    }
}

@Suite("An authority that fails")
struct FallbackTests {
    @Test(
        "is asked twice, then the next one, and so on from the first",
        arguments: [(0, "a"), (1, "a"), (2, "b"), (3, "b"), (4, "c"), (6, "a")])
    func turns(failures: Int, directory: String) {
        let certificate = ManagedCertificate(
            names: ["a.test"], authority: Authority(directory: "a"),
            fallbacks: [Authority(directory: "b"), Authority(directory: "c")])
        #expect(certificate.authority(afterFailures: failures).directory == directory)
        #expect(certificate.accepts("b") && !certificate.accepts("d") && !certificate.accepts(nil))
    }
}
