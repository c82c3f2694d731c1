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

    /// The entries of one kind in a document.
    package static let maxEntries = 1000
    /// The bytes of text of the entries of one kind, so that all kinds fit into one document.
    static let maxBytes = 96 * 1024
    static let maxKeyBytes = 64
    static let maxNameBytes = 253
    static let maxReasonBytes = 200

    package init() {}

    /// Whether there is nothing to tell.
    package var isEmpty: Bool { self == SharedDemands() }

    /// Whether the gateway that has written it has kept to the limits.
    package var isBounded: Bool {
        let names = [wishes, orders, decisions.map(\.name), refusals.map(\.name)]
        return names.allSatisfy { names in
            names.count <= Self.maxEntries
                && names.allSatisfy { $0.key.utf8.count <= Self.maxKeyBytes && $0.name.utf8.count <= Self.maxNameBytes }
        } && refusals.allSatisfy { $0.reason.utf8.count <= Self.maxReasonBytes }
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
        var room = maxBytes
        var count = 0
        for entry in entries.suffix(maxEntries).reversed() {
            room -= bytes(entry)
            guard room >= 0 else { break }
            count += 1
        }
        return Array(entries.suffix(count))
    }
}

extension SharedDemands.Refusal {
    /// The reason within the limits of a document, and without what could forge a line.
    static func shortened(_ reason: String) -> String {
        var text = ""
        for character in reason.unicodeScalars where character.properties.generalCategory != .control {
            guard text.utf8.count + character.utf8.count <= SharedDemands.maxReasonBytes else { break }
            text.unicodeScalars.append(character)
        }
        return text
    }
}
