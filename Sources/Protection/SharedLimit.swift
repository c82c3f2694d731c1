/// A rate limit that counts over all members of a fleet.
package final class SharedLimit: Sendable {
    /// The limit's number in this process, never given twice.
    package let number: UInt32
    /// The limit's name, the same with all members.
    package let name: UInt64
    package let limit: RateLimit
    /// What clients have used of it here, and elsewhere as far as that is known.
    package let table: RateTable
    /// The seeds by which all members call a client the same.
    package let seeds: ClientSeeds
    private let rates: SharedRates

    init(number: UInt32, name: UInt64, limit: RateLimit, table: RateTable, seeds: ClientSeeds, rates: SharedRates) {
        self.number = number
        self.name = name
        self.limit = limit
        self.table = table
        self.seeds = seeds
        self.rates = rates
    }

    /// What all members call a client that is known by some bytes, which it may choose.
    /// - Parameter local: what this process calls it.
    package func number(of local: UInt64, _ bytes: () -> [UInt8]) -> UInt64 {
        rates.digests.number(of: local, seeds: seeds, bytes)
    }

    /// What all members call a client of this limit.
    package func key(of client: UInt64) -> UInt64 { seeds.number(of: name, client) }

    /// Decides about a request by what is known here, and has the others told.
    /// - Parameters:
    ///   - client: as `RateTable.admit` takes it, made with `seeds`.
    ///   - now: monotonic nanoseconds.
    ///   - ring: the calling worker's.
    package func admit(_ client: UInt64, now: UInt64, telling ring: SpendingRing) -> RateLimit.Verdict {
        let parts = rates.parts
        let verdict = table.admit(client, under: parts == 1 ? limit : limit.part(of: parts), now: now)
        if verdict.isAdmitted || verdict.beginsBlock {
            ring.put(Spending(number: number, isBlock: !verdict.isAdmitted, client: client, time: now))
            rates.wakeReader(now: now)
        }
        return verdict
    }
}
