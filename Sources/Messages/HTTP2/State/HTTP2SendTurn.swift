import HTTP2

/// A stream's turn among those that wait for room to send, RFC 9218 §10.
struct HTTP2SendTurn {
    let priority: Priority
    /// When it began to wait, among the others.
    let position: UInt64
    let identifier: UInt32

    /// The more urgent first; of equally urgent ones those that are of no use in part, in the order of their requests; the others
    /// in turn.
    func comes(before other: HTTP2SendTurn) -> Bool {
        if priority.urgency != other.priority.urgency { return priority.urgency < other.priority.urgency }
        if priority.isIncremental != other.priority.isIncremental { return !priority.isIncremental }
        return priority.isIncremental ? position < other.position : identifier < other.identifier
    }
}
