/// A bounded queue in which each client has its share, whatever the others put into it: clients take turns, and when it is full
/// whoever has most in it loses the newest of that.
package struct FairQueue<Element: Sendable>: Sendable {
    private struct Entry: Sendable {
        let element: Element
        let client: UInt64
        /// In which round it is taken: of each client one a round.
        let round: UInt64
    }

    /// In the order in which they came.
    private var entries: [Entry] = []
    /// The round of what was taken last.
    private var round: UInt64 = 0
    private let limit: Int

    /// - Parameter limit: of what may wait.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Adds something of a client.
    /// - Returns: what has no place, if it is full now: this, or something of a client who has more in it.
    package mutating func add(_ element: Element, of client: UInt64) -> Element? {
        let last = entries.last(where: { $0.client == client })?.round ?? 0
        entries.append(Entry(element: element, client: client, round: max(last, round) + 1))
        guard entries.count > limit else { return nil }
        var counts: [UInt64: Int] = [:]
        for entry in entries { counts[entry.client, default: 0] += 1 }
        let most = counts.values.max()
        guard let index = entries.lastIndex(where: { counts[$0.client] == most }) else { return nil }
        return entries.remove(at: index).element
    }

    /// Takes out whose turn it is; nil if it is empty.
    package mutating func next() -> Element? {
        guard let least = entries.map(\.round).min(), let index = entries.firstIndex(where: { $0.round == least }) else {
            return nil
        }
        round = least
        return entries.remove(at: index).element
    }
}
