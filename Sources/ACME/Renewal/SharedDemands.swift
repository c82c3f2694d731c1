/// What one of several gateways has the others know of certificates on demand.
package struct SharedDemands: Codable, Sendable, Equatable {
    /// A name, and whose it is to be.
    package struct Name: Codable, Sendable, Hashable {
        /// What the site is told apart by; see `ManagedCertificate.key`.
        package var key: String
        package var name: String
        /// Another one each time that it is told of it anew.
        package var number: UInt64

        package init(key: String, name: String, number: UInt64) { (self.key, self.name, self.number) = (key, name, number) }
    }

    /// What `ask` has said of a name.
    package struct Decision: Codable, Sendable, Hashable {
        package var name: Name
        package var isAllowed: Bool

        package init(name: Name, isAllowed: Bool) { (self.name, self.isAllowed) = (name, isAllowed) }
    }

    /// Why a name is not got.
    package struct Refusal: Codable, Sendable, Hashable {
        package var name: Name
        package var reason: String

        package init(name: Name, reason: String) { (self.name, self.reason) = (name, reason) }
    }

    /// Names that are to be got by the leader.
    package var wishes: [Name] = []
    /// Names that authorities were, or are to be, asked for in the last minute, of the leader.
    package var orders: [Name] = []
    /// What `ask` has said in the last minute.
    package var decisions: [Decision] = []
    /// What was refused in the last minute.
    package var refusals: [Refusal] = []

    /// Of each kind, so many at most.
    package static let most = 1000
    /// Of each kind, so many bytes of text at most: all of it fits into one document.
    static let mostBytes = 96 * 1024
    static let longestKey = 64
    static let longestName = 253
    static let longestReason = 200

    package init() {}

    /// Is there nothing to tell?
    package var isEmpty: Bool { self == SharedDemands() }

    /// Has whoever has written it kept to the limits?
    package var isBounded: Bool {
        let names = [wishes, orders, decisions.map(\.name), refusals.map(\.name)]
        return names.allSatisfy { names in
            names.count <= Self.most
                && names.allSatisfy { $0.key.utf8.count <= Self.longestKey && $0.name.utf8.count <= Self.longestName }
        } && refusals.allSatisfy { $0.reason.utf8.count <= Self.longestReason }
    }

    /// What is new beside what the same gateway has told before.
    package func since(_ before: SharedDemands) -> SharedDemands {
        var new = SharedDemands()
        new.wishes = Self.new(wishes, before.wishes)
        new.orders = Self.new(orders, before.orders)
        new.decisions = Self.new(decisions, before.decisions)
        new.refusals = Self.new(refusals, before.refusals)
        return new
    }

    private static func new<Entry: Hashable>(_ entries: [Entry], _ before: [Entry]) -> [Entry] {
        let known = Set(before)
        return entries.filter { !known.contains($0) }
    }

    /// What is about one site.
    package func of(_ key: String) -> SharedDemands {
        var part = SharedDemands()
        part.wishes = wishes.filter { $0.key == key }
        part.orders = orders.filter { $0.key == key }
        part.decisions = decisions.filter { $0.name.key == key }
        part.refusals = refusals.filter { $0.name.key == key }
        return part
    }

    /// The last ones that there is room for, in their order.
    static func bounded<Entry>(_ entries: [Entry], _ bytes: (Entry) -> Int) -> [Entry] {
        var room = mostBytes
        var count = 0
        for entry in entries.suffix(most).reversed() {
            room -= bytes(entry)
            guard room >= 0 else { break }
            count += 1
        }
        return Array(entries.suffix(count))
    }
}

extension SharedDemands.Refusal {
    /// In the limits of a document, and without what could forge a line.
    static func shortened(_ reason: String) -> String {
        var text = ""
        for character in reason.unicodeScalars where character.properties.generalCategory != .control {
            guard text.utf8.count + character.utf8.count <= SharedDemands.longestReason else { break }
            text.unicodeScalars.append(character)
        }
        return text
    }
}

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

    private mutating func name(_ name: String, _ key: String) -> SharedDemands.Name {
        SharedDemands.Name(key: key, name: name, number: nextNumber())
    }

    mutating func order(_ name: String, _ key: String, now: UInt64) {
        let entry = self.name(name, key)
        Self.add(entry, to: &orders, now)
    }

    mutating func decide(_ name: String, _ key: String, _ isAllowed: Bool, now: UInt64) {
        let entry = SharedDemands.Decision(name: self.name(name, key), isAllowed: isAllowed)
        Self.add(entry, to: &decisions, now)
    }

    mutating func refuse(_ name: String, _ key: String, _ reason: String, now: UInt64) {
        let entry = SharedDemands.Refusal(name: self.name(name, key), reason: SharedDemands.Refusal.shortened(reason))
        Self.add(entry, to: &refusals, now)
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
        if noted.count >= 2 * SharedDemands.most { noted = Array(noted.suffix(SharedDemands.most).drop { $0.until <= now }) }
        noted.append(Noted(entry: entry, until: now &+ lifetime))
    }
}
