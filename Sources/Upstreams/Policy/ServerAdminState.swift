/// What an operator has said of a server while the gateway runs (HAProxy's *administrative state*). It holds over reloads.
package enum ServerAdminState: String, Sendable {
    /// The server is used as the configuration says.
    case none
    /// It takes requests, also where the configuration drains it.
    case enabled
    /// It takes no new work but that of sticky sessions.
    case draining
    /// It takes no new work at all.
    case disabled
}
