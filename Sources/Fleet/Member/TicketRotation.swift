/// When a member makes the keys for session tickets that follow. Every member looks; whoever is first spares the others the work.
struct TicketRotation {
    /// Since when the present key is to be replaced, with what chance adds: monotonic nanoseconds. Nil: it is not yet.
    private(set) var due: UInt64?

    /// - Parameters:
    ///   - present: the keys that all have.
    ///   - isHeld: whether they have time left, by etcd's clock.
    ///   - now: monotonic nanoseconds.
    ///   - seconds: after which there is another key.
    /// - Returns: those to publish now; nil: none.
    mutating func next(after present: TicketKeyRing, isHeld: Bool, now: UInt64, every seconds: Int) -> TicketKeyRing? {
        guard !isHeld else {
            due = nil
            return nil
        }
        guard let moment = due else {
            // Not all at once: the first one spares the others the work.
            due = now + UInt64.random(in: 0..<min(2, UInt64(seconds)) * 1_000_000_000)
            return nil
        }
        guard moment <= now, let next = present.next(rotation: seconds) else { return nil }
        due = nil
        return next
    }
}
