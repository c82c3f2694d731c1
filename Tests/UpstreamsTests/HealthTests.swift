import Testing

@testable import Upstreams

@Suite struct HealthTests {
    private let second = Servers.second
    private let settings = ServerHealth.Settings()

    @Test("Failures in a row eject, for longer each time; a success in between forgives")
    func ejection() {
        var ejection = Ejection()
        let settings = Ejection.Settings()
        for _ in 0..<4 { #expect(ejection.failed(now: 0, requests: 10, settings) == nil) }
        ejection.succeeded()
        for _ in 0..<4 { #expect(ejection.failed(now: 0, requests: 10, settings) == nil) }
        #expect(ejection.failed(now: 0, requests: 10, settings) == .failuresInARow(5))
        #expect(ejection.until == 10 * second)
        #expect(ejection.review(now: 10 * second - 1, settings) == false)
        #expect(ejection.review(now: 10 * second, settings) == true)
        // One more failure is enough now.
        #expect(ejection.failed(now: 11 * second, requests: 11, settings) == .failuresInARow(5))
        #expect(ejection.until == 31 * second)
    }

    @Test("An ejection never lasts longer than its limit, and old ones are forgotten")
    func ejectionGrowth() {
        var ejection = Ejection()
        var settings = Ejection.Settings()
        settings.failures = 1
        var now: UInt64 = 0
        for _ in 0..<50 {
            _ = ejection.failed(now: now, requests: 1, settings)
            now = ejection.until ?? 0
            _ = ejection.review(now: now, settings)
        }
        _ = ejection.failed(now: now, requests: 1, settings)
        #expect(ejection.until == now + settings.maxTime)
        now += settings.maxTime
        _ = ejection.review(now: now, settings)
        now += settings.maxTime + 1
        _ = ejection.failed(now: now, requests: 1, settings)
        #expect(ejection.until == now + settings.time)
    }

    @Test(
        "A share of failures in a window ejects, if there were enough requests",
        arguments: [(19, 19, false), (40, 19, false), (40, 20, true), (100, 20, false)])
    func share(requests: Int, failures: Int, isEjected: Bool) {
        var ejection = Ejection()
        var settings = Ejection.Settings()
        settings.failures = 0
        settings.percent = 50
        // Successes first, so that the last failure sees the whole window.
        _ = ejection.failed(now: 1, requests: 1, settings)
        var cause: Ejection.Cause?
        for failure in 1..<failures {
            cause = ejection.failed(now: 2, requests: requests - failures + failure + 1, settings) ?? cause
        }
        #expect((cause != nil) == isEjected)
    }

    @Test("A circuit opens after failures in a row, tries once, and opens for longer when the trial fails")
    func breaker() {
        var breaker = CircuitBreaker()
        let settings = CircuitBreaker.Settings()
        for _ in 0..<4 { #expect(breaker.failed(now: 0, settings) == false) }
        #expect(breaker.state == .closed)
        #expect(breaker.failed(now: 0, settings) == true)
        #expect(breaker.state == .open(until: second))
        // One that was under way tells nothing new.
        #expect(breaker.failed(now: 1, settings) == false)
        #expect(breaker.state == .open(until: second))
        breaker.began(trialUntil: 9 * second)
        #expect(breaker.state == .halfOpen(until: 9 * second))
        #expect(breaker.failed(now: 2 * second, settings) == false)
        #expect(breaker.state == .open(until: 4 * second))
        breaker.began(trialUntil: 9 * second)
        #expect(breaker.succeeded() == true)
        #expect(breaker.state == .closed && breaker.isUntouched)
    }

    @Test("An open circuit never waits longer than its limit")
    func breakerGrowth() {
        var breaker = CircuitBreaker()
        let settings = CircuitBreaker.Settings()
        for _ in 0..<5 { _ = breaker.failed(now: 0, settings) }
        for _ in 0..<20 {
            breaker.began(trialUntil: 0)
            _ = breaker.failed(now: 0, settings)
        }
        #expect(breaker.state == .open(until: settings.maxOpenTime))
    }

    @Test("Probes need a fall and a rise; the first of all decides alone")
    func probes() {
        var history = ProbeHistory()
        let settings = ProbeHistory.Settings()
        func add(_ isHealthy: Bool) -> Bool { history.add(.init(at: 1, finding: "f", isHealthy: isHealthy), settings) }
        #expect(add(false))
        #expect(!history.isHealthy)
        #expect(!add(true))
        #expect(add(true))
        #expect(history.isHealthy)
        #expect([false, false, true, false, false].map(add) == [false, false, false, false, false])
        #expect(history.isHealthy)
        #expect(add(false))
        #expect(!history.isHealthy)
        #expect(history.last == .init(at: 1, finding: "f", isHealthy: false))
    }

    @Test("A bad answer is an answer: it closes a circuit, and counts for ejection")
    func badAnswer() {
        var health = ServerHealth()
        let refused = ServerHealth.Failure(fault: .unreachable, reason: "refused")
        for _ in 0..<5 { _ = health.failed(refused, requests: 9, now: 0, settings) }
        #expect(health.breaker.state == .open(until: second))
        health.beganTrial(until: 9 * second)
        let badAnswer = ServerHealth.Failure(fault: .badAnswer, reason: "500")
        #expect(health.failed(badAnswer, requests: 9, now: second, settings) == [.circuitClosed])
        #expect(health.lastFault == "500")
    }

    @Test("A connection that is taken closes a circuit, begins the count of failed ones anew, and says nothing of answers")
    func connection() {
        var health = ServerHealth()
        let refused = ServerHealth.Failure(fault: .unreachable, reason: "refused")
        for _ in 0..<5 { _ = health.failed(refused, requests: 9, now: 0, settings) }
        health.beganTrial(until: 9 * second)
        let closed = health.reached(now: second)
        #expect(closed == [.circuitClosed])
        #expect(health.recoveredAt == second && health.ejection.until == 10 * second)
        for _ in 0..<4 { _ = health.failed(refused, requests: 9, now: second, settings) }
        let further = health.reached(now: second) + health.failed(refused, requests: 9, now: second, settings)
        #expect(further.isEmpty)
        #expect(health.breaker.state == .closed && health.ejection.failuresInARow == 10)
    }

    @Test("Changes are told once, with their reasons")
    func changes() {
        let server = Servers.server("10.0.0.1")
        #expect(server.state.takeChanges().isEmpty)
        for _ in 0..<5 { server.failed(.unreachable, reason: "refused", now: 1) }
        #expect(
            server.state.takeChanges() == [
                .circuitOpened(reason: "refused", until: second + 1),
                .ejected(.failuresInARow(5), reason: "refused", until: 10 * second + 1),
            ])
        #expect(server.state.takeChanges().isEmpty)
        server.probed(.init(at: 5, finding: "connected", isHealthy: true), now: 5)
        #expect(server.state.takeChanges() == [.circuitClosed])
        _ = server.state.impairments(now: 20 * second, server.parameters.health)
        #expect(server.state.takeChanges() == [.returned])
        #expect(server.state.isUnimpaired)
    }

    @Test("State outlives a plan: a new plan's server goes on where the old one was")
    func carriedOver() {
        let old = Servers.server("10.0.0.1")
        for _ in 0..<5 { old.failed(.badAnswer, reason: "500", now: 1) }
        let new = UpstreamServer(old.identity, url: old.url, authority: "a", tls: nil, state: old.state)
        #expect(!new.isAvailable)
    }

    @Test("A peak is taken at once and forgotten slowly")
    func peakEWMA() {
        var ewma = PeakEWMA().adding(1_000_000, now: second)
        #expect(ewma.average == 1000)
        ewma = ewma.adding(50_000_000, now: second)
        #expect(ewma.average == 50_000)
        let soon = ewma.adding(1_000_000, now: 2 * second)
        let late = ewma.adding(1_000_000, now: 61 * second)
        #expect(soon.average > 40_000 && soon.average < 50_000)
        #expect(late.average < 5000)
        #expect(PeakEWMA(word: late.word) == late)
    }

    @Test("Probes of gateways that were started together drift apart", arguments: [UInt64.zero, 1, 77, .max])
    func jitter(draw: UInt64) {
        let pause = ProbePause.next(30 * second, draw: draw)
        #expect(pause >= 27 * second && pause < 33 * second)
        #expect(ProbePause.next(2, draw: draw) > 0)
    }
}
