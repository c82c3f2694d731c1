/// What is known of demands here and is to be told to others, for a minute.
struct DemandNotes {
    private var orders: [Noted<SharedDemands.Name>] = []
    private var decisions: [Noted<SharedDemands.Decision>] = []
    private var refusals: [Noted<SharedDemands.Refusal>] = []
    private var lastNumber: UInt64

    private struct Noted<Entry> {
        var entry: Entry
        /// Monotonic nanoseconds.
        var until: UInt64
    }

    private static let lifetime: UInt64 = 60_000_000_000

    /// - Parameter now: so that a process that is started again has other numbers than the one before.
    init(now: UInt64) { lastNumber = now }

    /// A number that no other entry has.
    mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// An authority is asked for the name.
    /// - Parameters:
    ///   - key: the site's, see `ManagedCertificate.key`.
    ///   - now: in monotonic nanoseconds, here and below.
    mutating func order(_ name: String, for key: String, now: UInt64) {
        let entry = numbered(name, for: key)
        Self.add(entry, to: &orders, now)
    }

    /// `ask` has answered for the name.
    mutating func decide(_ name: String, for key: String, isAllowed: Bool, now: UInt64) {
        let entry = SharedDemands.Decision(name: numbered(name, for: key), isAllowed: isAllowed)
        Self.add(entry, to: &decisions, now)
    }

    /// The name is not got.
    mutating func refuse(_ name: String, for key: String, reason: String, now: UInt64) {
        let entry = SharedDemands.Refusal(name: numbered(name, for: key), reason: SharedDemands.Refusal.shortened(reason))
        Self.add(entry, to: &refusals, now)
    }

    private mutating func numbered(_ name: String, for key: String) -> SharedDemands.Name {
        SharedDemands.Name(key: key, name: name, number: nextNumber())
    }

    /// - Parameter isLeader: else nobody is asked by this gateway, so no orders are told.
    func shared(wishes: [SharedDemands.Name], isLeader: Bool, now: UInt64) -> SharedDemands {
        func bytes(_ name: SharedDemands.Name) -> Int { name.key.utf8.count + name.name.utf8.count }
        var shared = SharedDemands()
        shared.wishes = SharedDemands.bounded(wishes, bytes)
        if isLeader { shared.orders = SharedDemands.bounded(Self.present(orders, now), bytes) }
        shared.decisions = SharedDemands.bounded(Self.present(decisions, now)) { bytes($0.name) }
        shared.refusals = SharedDemands.bounded(Self.present(refusals, now)) { bytes($0.name) + $0.reason.utf8.count }
        return shared
    }

    private static func present<Entry>(_ noted: [Noted<Entry>], _ now: UInt64) -> [Entry] {
        noted.drop { $0.until <= now }.map(\.entry)
    }

    private static func add<Entry>(_ entry: Entry, to noted: inout [Noted<Entry>], _ now: UInt64) {
        // Twice as many before the old ones go: what is added costs no move of all.
        if noted.count >= 2 * SharedDemands.maxEntries {
            noted = Array(noted.suffix(SharedDemands.maxEntries).drop { $0.until <= now })
        }
        noted.append(Noted(entry: entry, until: now &+ lifetime))
    }
}
