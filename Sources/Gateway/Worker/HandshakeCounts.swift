package import TLS

/// What has become of clients' TLS handshakes.
package struct HandshakeCounts: Sendable, Equatable {
    /// Handshakes that were completed.
    package private(set) var completed = 0
    /// How many of `completed` resumed a session.
    package private(set) var resumed = 0
    /// How many failed, by why; only what has happened is in it.
    package private(set) var failed: [HandshakeFault: Int] = [:]

    package init() {}

    /// The counts of ``failed`` by the stable words.
    package var failedByWord: [String: Int] { Dictionary(uniqueKeysWithValues: failed.map { ($0.rawValue, $1) }) }

    mutating func countCompleted(isResumed: Bool) {
        completed &+= 1
        if isResumed { resumed &+= 1 }
    }

    mutating func count(_ fault: HandshakeFault) { failed[fault, default: 0] &+= 1 }

    mutating func add(_ other: HandshakeCounts) {
        completed += other.completed
        resumed += other.resumed
        failed.merge(other.failed) { $0 + $1 }
    }
}
