import Protection

/// What Redis is to be told, one entry for each client of a limit.
struct PendingSpendings {
    struct Entry: Equatable {
        /// The limit's.
        var number: UInt32
        var client: UInt64
        /// Requests that were let in.
        var count: UInt64 = 0
        /// When the first one was; monotonic nanoseconds.
        var first: UInt64
        /// When it was blocked; 0: it was not.
        var blocked: UInt64 = 0
    }

    /// More clients in one question are let in without the others hearing of it.
    static let maxEntries = 4096
    /// A power of two.
    private static let slotCount = 2 * maxEntries

    private(set) var entries: [Entry] = []
    /// Where `slots` is not 0.
    private var usedSlots: [Int] = []
    /// Indices in `entries`, from 1; 0: none. A client's is at its number's slot, or behind it.
    private var slots = [UInt16](repeating: 0, count: PendingSpendings.slotCount)

    var isEmpty: Bool { entries.isEmpty }

    /// - Returns: false if there is no room for it.
    mutating func add(_ spending: Spending) -> Bool {
        let (slot, known) = find(spending.number, spending.client)
        let index: Int
        if let known {
            index = known
        } else {
            guard entries.count < Self.maxEntries else { return false }
            index = entries.count
            entries.append(Entry(number: spending.number, client: spending.client, first: spending.time))
            slots[slot] = UInt16(index + 1)
            usedSlots.append(slot)
        }
        if spending.isBlock { entries[index].blocked = spending.time } else { entries[index].count += 1 }
        return true
    }

    /// Requests of a client that Redis is still to be told of.
    func count(_ number: UInt32, _ client: UInt64) -> UInt64 { find(number, client).index.map { entries[$0].count } ?? 0 }

    /// Takes all.
    mutating func take() -> [Entry] {
        for slot in usedSlots { slots[slot] = 0 }
        usedSlots.removeAll(keepingCapacity: true)
        defer { entries = [] }
        return entries
    }

    private func find(_ number: UInt32, _ client: UInt64) -> (slot: Int, index: Int?) {
        var slot = Self.slot(number, client)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if entries[index].client == client, entries[index].number == number { return (slot, index) }
            slot = (slot + 1) % Self.slotCount
        }
        return (slot, nil)
    }

    private static func slot(_ number: UInt32, _ client: UInt64) -> Int {
        Int(truncatingIfNeeded: (client ^ UInt64(number) &* 0x9E37_79B9_7F4A_7C15) % UInt64(slotCount))
    }
}
