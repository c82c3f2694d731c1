package import ACME

/// Where Redis is, who we are to it, and what is kept there.
package struct RedisSettings: Sendable, Equatable {
    /// Without a path; one or more.
    package var endpoints: [ServiceURL]
    /// PEM file of the authorities to trust; nil: the system's.
    package var caFile: String?
    /// Our certificate, and its key; nil: none is shown.
    package var certFile: String?
    package var keyFile: String?
    /// nil: Redis's user `default`.
    package var user: String?
    /// nil: it asks for none.
    package var passwordFile: String?
    /// What all keys begin with.
    package var prefix: String
    /// What this gateway is called in the fleet.
    package var member: String
    /// For connecting, and for each question, in nanoseconds.
    package var timeout: UInt64
    /// Between two questions, in nanoseconds.
    package var interval: UInt64
    /// While Redis is away: does this member let in its part of a limit alone?
    package var sharesWhenAway = false

    package init(endpoints: [ServiceURL], prefix: String, member: String, timeout: UInt64, interval: UInt64) {
        self.endpoints = endpoints
        self.prefix = prefix
        self.member = member
        self.timeout = timeout
        self.interval = interval
    }
}

/// Why Redis has not done what was asked.
enum RedisError: Error, CustomStringConvertible {
    case unreachable(String)
    case timedOut
    /// It says no: its words.
    case refused(String)
    /// What it says is none of RESP, or no answer to what was asked.
    case malformed(String)
    case settings(String)
    case stopped

    var description: String {
        switch self {
        case .unreachable(let reason): "Redis cannot be reached: \(reason)"
        case .timedOut: "Redis has not answered in time"
        case .refused(let reason): "Redis refuses: \(reason)"
        case .malformed(let reason): "the answer is not Redis's: \(reason)"
        case .settings(let reason): reason
        case .stopped: "stopped"
        }
    }
}
