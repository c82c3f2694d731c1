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
        let error = ACMEError.refused(problem, status: 400, retryAfter: 7)
        #expect(error.description.contains("refuses (400): malformed: two names are wrong"))
        #expect(error.retryAfter == 7 && error.problemKind == "malformed")
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

    @Test(
        "is not before the authority wants it, unless that is nonsense",
        arguments: [(0, 54), (600, 600), (Int64.max, 2_592_000)] as [(Int64, Int64)])
    func retryAfter(seconds: Int64, time: Int64) {
        #expect(RenewalSchedule.retry(now: 0, failures: 1, retryAfter: seconds, draw: 0) == time)
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
