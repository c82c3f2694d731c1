import Upstreams

/// What a failed attempt means, to the retry policy and to the server's health.
extension Failure.Retry {
    /// As the policy knows it; nil if the failure is none that another attempt could better.
    var occasion: RetryPolicy.Occasions? {
        switch self {
        case .never: nil
        case .unsent: .connect
        case .closed: .closed
        case .timeout: .timeout
        case .status(let status): .status(status)
        }
    }

    /// What it says about the server; nil if nothing.
    var fault: ServerHealth.Fault? {
        switch self {
        case .unsent: .unreachable
        case .closed(isReused: true): nil
        case .closed, .timeout, .status, .never: .badAnswer
        }
    }
}
