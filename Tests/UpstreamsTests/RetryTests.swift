import Testing

@testable import Upstreams

@Suite struct RetryTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var condition: RetryPolicy.Conditions
        var attempts = 1
        var isIdempotent = true
        var hasBegunAnswer = false
        var isBodyKept = true
        var hasBudget = true
        var expected: RetryPolicy.Decision
    }

    static let cases = [
        Case(testDescription: "unsent", condition: .connect, expected: .retry),
        Case(testDescription: "unsent POST", condition: .connect, isIdempotent: false, expected: .retry),
        Case(testDescription: "unsent, no budget", condition: .connect, hasBudget: false, expected: .retry),
        Case(testDescription: "closed GET", condition: .closed, expected: .retry),
        Case(testDescription: "closed POST", condition: .closed, isIdempotent: false, expected: .refuse(.notIdempotent)),
        Case(testDescription: "answer begun", condition: .closed, hasBegunAnswer: true, expected: .refuse(.answerBegun)),
        Case(testDescription: "answer begun, unsent", condition: .connect, hasBegunAnswer: true, expected: .refuse(.answerBegun)),
        Case(testDescription: "second retry", condition: .closed, attempts: 2, expected: .retry),
        Case(testDescription: "third retry", condition: .closed, attempts: 3, expected: .refuse(.attemptsUsedUp)),
        Case(testDescription: "body gone", condition: .closed, isBodyKept: false, expected: .refuse(.bodyNotKept)),
        Case(testDescription: "no budget", condition: .closed, hasBudget: false, expected: .refuse(.budgetUsedUp)),
        Case(testDescription: "timeout", condition: .timeout, expected: .refuse(.notConfigured)),
        Case(testDescription: "no condition", condition: [], expected: .refuse(.notConfigured)),
    ]

    @Test("Each case is retried, or refused for its reason", arguments: cases)
    func decisions(retry: Case) {
        let request = RetryPolicy.Request(
            attempts: retry.attempts, isIdempotent: retry.isIdempotent, hasBegunAnswer: retry.hasBegunAnswer,
            isBodyKept: retry.isBodyKept)
        #expect(RetryPolicy().decide(retry.condition, request) { retry.hasBudget } == retry.expected)
    }

    @Test("The budget is asked only when everything else allows a retry")
    func budgetIsAskedLast() {
        var wasAsked = false
        let request = RetryPolicy.Request(attempts: 1, isIdempotent: false, hasBegunAnswer: false, isBodyKept: true)
        _ = RetryPolicy().decide(.closed, request) {
            wasAsked = true
            return true
        }
        #expect(!wasAsked)
    }

    @Test("Statuses are declined only for what may be repeated, and only those of retry_on")
    func statuses() {
        var policy = RetryPolicy()
        policy.conditions = [.connect, .status503]
        var request = RetryPolicy.Request(attempts: 1, isIdempotent: true, hasBegunAnswer: false, isBodyKept: true)
        #expect(policy.declinable(request) == .status503)
        #expect(RetryPolicy.Conditions.status(503) == .status503 && RetryPolicy.Conditions.status(418).isEmpty)
        request.isIdempotent = false
        #expect(policy.declinable(request).isEmpty)
    }

    @Test("Retries are a fifth of the requests, after the reserve")
    func budget() {
        let budget = RetryBudget(percent: 20, account: .init(reserve: 3))
        #expect((0..<5).map { _ in budget.withdraw() } == [true, true, true, false, false])
        for _ in 0..<50 { budget.deposit() }
        #expect((0..<12).count { _ in budget.withdraw() } == 10)
        let none = RetryBudget(percent: 0)
        none.deposit()
        #expect(!none.withdraw())
    }

    @Test("The budget holds over threads")
    func budgetOverThreads() async {
        let budget = RetryBudget(percent: 20, account: .init(reserve: 100))
        let taken = await withTaskGroup(of: Int.self) { tasks in
            for _ in 0..<4 { tasks.addTask { (0..<100).count { _ in budget.withdraw() } } }
            return await tasks.reduce(0, +)
        }
        // A withdrawal that fails may make another fail that came at the same moment; never the other way round.
        #expect(taken <= 100 && taken > 90)
    }
}
