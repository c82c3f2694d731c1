import Transport

/// What is known of a name's addresses, and until when. A value; times in monotonic nanoseconds.
///
/// A name that cannot be resolved any more keeps its old addresses; one that never could has a failure to tell.
struct NameRecord {
    /// Which lifetimes are believed, in nanoseconds.
    struct Bounds: Sendable, Equatable {
        /// Shorter ones are taken as this: a TTL of 0, and an entry of /etc/hosts, are asked for once a second at most.
        var minLife: UInt64 = 1_000_000_000
        /// Longer ones are taken as this.
        var maxLife: UInt64 = 300_000_000_000
        /// How long a failure is believed.
        var failure: UInt64 = 2_000_000_000
    }

    /// The addresses without ports, in the resolver's order.
    private(set) var addresses: [SocketAddress] = []
    /// Why the last look-up came to nothing; nil if it did not.
    private(set) var failure: String?
    private var expires: UInt64 = 0

    /// Nanoseconds for which addresses may be used on while new ones are asked for: who needs one need not wait.
    private static let grace: UInt64 = 500_000_000

    /// Are there addresses that need no waiting for newer ones?
    func isUsable(at now: UInt64) -> Bool { !addresses.isEmpty && now < expires &+ Self.grace }

    /// Is it time to look again?
    func isDue(at now: UInt64) -> Bool { now >= expires }

    /// - Returns: are they other addresses than before, in whatever order?
    @discardableResult
    mutating func answered(_ answer: Resolver.Answer, at now: UInt64, _ bounds: Bounds) -> Bool {
        defer { addresses = answer.addresses }
        failure = nil
        let (lifetime, overflow) = answer.timeToLive.multipliedReportingOverflow(by: 1_000_000_000)
        expires = now &+ max(bounds.minLife, min(bounds.maxLife, overflow ? .max : lifetime))
        return Set(addresses) != Set(answer.addresses)
    }

    mutating func failed(_ reason: String, at now: UInt64, _ bounds: Bounds) {
        failure = reason
        expires = now &+ bounds.failure
    }

    /// No address took a connection: the name may have moved. What was asked less than `failure` ago is believed all the same.
    mutating func expire(askedAt: UInt64, _ bounds: Bounds) {
        expires = min(expires, askedAt &+ bounds.failure)
    }
}
