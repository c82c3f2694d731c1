/// What an operator has ordered of a server while the gateway runs. It holds over reloads.
package enum ServerOrder: String, Sendable {
    /// As the configuration says.
    case none
    /// It takes requests, also where the configuration drains it.
    case enabled
    /// It takes no new work but from those who are stuck to it.
    case draining
    /// It takes no new work at all.
    case disabled
}
