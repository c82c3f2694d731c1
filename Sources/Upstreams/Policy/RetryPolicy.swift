/// May a failed request be sent again? A pure decision.
package struct RetryPolicy: Sendable, Equatable {
    /// What may be answered by another attempt: the words of `retry_on`.
    package struct Conditions: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// An array literal is not always specialised across modules, and this is asked of every request.
        package static var none: Conditions { Conditions(rawValue: 0) }
        /// No connection, or no TLS session: nothing of the request was sent.
        package static let connect = Conditions(rawValue: 1)
        /// The connection was closed before any byte of an answer.
        package static let closed = Conditions(rawValue: 2)
        /// The first byte did not come in time.
        package static let timeout = Conditions(rawValue: 4)
        package static let status500 = Conditions(rawValue: 8)
        package static let status502 = Conditions(rawValue: 16)
        package static let status503 = Conditions(rawValue: 32)
        package static let status504 = Conditions(rawValue: 64)

        /// The condition that an answer with this status is; empty if it is none.
        package static func status(_ status: Int) -> Conditions {
            switch status {
            case 500: .status500
            case 502: .status502
            case 503: .status503
            case 504: .status504
            default: .none
            }
        }

        /// Is the status of an answer one of these?
        package func contains(status: Int) -> Bool { rawValue & Conditions.status(status).rawValue != 0 }

        static let statuses = Conditions(rawValue: 8 | 16 | 32 | 64)
    }

    /// What is known of the request whose attempt failed.
    package struct Request: Sendable {
        /// Attempts made, the failed one included.
        package var attempts: Int
        /// RFC 9110 §9.2.2.
        package var isIdempotent: Bool
        /// Has the client got any byte of an answer?
        package var hasBegunAnswer: Bool
        /// Is everything that the client has sent of the body still here?
        package var isBodyKept: Bool

        package init(attempts: Int, isIdempotent: Bool, hasBegunAnswer: Bool, isBodyKept: Bool) {
            self.attempts = attempts
            self.isIdempotent = isIdempotent
            self.hasBegunAnswer = hasBegunAnswer
            self.isBodyKept = isBodyKept
        }
    }

    /// Why a request is not sent again: the words of the log.
    package enum Refusal: String, Sendable {
        case answerBegun = "answer_begun"
        case attemptsUsedUp = "attempts_used_up"
        case notConfigured = "not_in_retry_on"
        case notIdempotent = "method_not_idempotent"
        case bodyNotKept = "body_not_kept"
        case budgetUsedUp = "retry_budget_used_up"
    }

    /// What to do.
    package enum Decision: Sendable, Equatable {
        case retry
        case refuse(Refusal)
    }

    /// Further attempts after the first.
    package var retries = 2
    package var conditions: Conditions = [.connect, .closed]

    package init() {}

    /// Decides; the budget is asked only when everything else allows it.
    /// - Parameter hasBudget: takes from the budget when it is called.
    package func decide(
        _ condition: Conditions, _ request: Request, hasBudget: () -> Bool
    ) -> Decision {
        if request.hasBegunAnswer { return .refuse(.answerBegun) }
        guard request.attempts <= retries else { return .refuse(.attemptsUsedUp) }
        guard !condition.isEmpty, conditions.contains(condition) else { return .refuse(.notConfigured) }
        // Nothing of the request was written, so nothing can happen twice, and no server gets more than it was sent.
        if condition == .connect { return request.isBodyKept ? .retry : .refuse(.bodyNotKept) }
        guard request.isIdempotent else { return .refuse(.notIdempotent) }
        guard request.isBodyKept else { return .refuse(.bodyNotKept) }
        return hasBudget() ? .retry : .refuse(.budgetUsedUp)
    }

    /// The statuses that would be answered by another attempt, for a request whose answer has yet to come. The budget is not
    /// asked.
    package func declinable(_ request: Request) -> Conditions {
        guard !request.hasBegunAnswer, request.attempts <= retries, request.isIdempotent else { return .none }
        return Conditions(rawValue: conditions.rawValue & Conditions.statuses.rawValue)
    }
}
