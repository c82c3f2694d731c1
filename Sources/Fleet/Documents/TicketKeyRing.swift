import FoundationEssentials

/// The keys of session tickets that the fleet shares: the first makes new tickets. The second will be the next: everybody has it
/// before anybody uses it. The others open tickets that are still good.
struct TicketKeyRing: Codable, Equatable, Sendable {
    /// Counts changes: who knows a higher one takes no lower one.
    let number: Int
    /// The keys, of `keySize` bytes each, in the form of `TicketKeyFile`.
    private let keys: [Data]

    private static let keySize = 80
    /// What a listener can use.
    private static let maxKeys = 8
    /// Seconds for which a ticket is good.
    private static let ticketLifetime = 7200

    private init(number: Int, keys: [Data]) {
        self.number = number
        self.keys = keys
    }

    /// The first ones of a fleet; nil if there is no randomness.
    static func made() -> TicketKeyRing? {
        guard let current = newKey(), let next = newKey() else { return nil }
        return TicketKeyRing(number: 1, keys: [current, next])
    }

    /// - Returns: nil if the bytes are none, or make no sense.
    init?(_ bytes: [UInt8]) {
        guard let ring = EtcdMessage.decode(TicketKeyRing.self, bytes), ring.number > 0, ring.number < .max,
            (2...Self.maxKeys).contains(ring.keys.count), ring.keys.allSatisfy({ $0.count == Self.keySize })
        else { return nil }
        self = ring
    }

    /// The ones that follow; nil if there is no randomness.
    /// - Parameter rotation: seconds between two changes. Shorter than 24 minutes, old tickets are opened for six changes, not
    ///   for all their lifetime.
    func next(rotation: Int) -> TicketKeyRing? {
        guard let fresh = Self.newKey() else { return nil }
        // One more than the lifetime wants: others may use the old one a little longer.
        let former = min(Self.maxKeys - 2, (Self.ticketLifetime + rotation - 1) / max(1, rotation) + 1)
        return TicketKeyRing(number: number + 1, keys: [keys[1], fresh] + ([keys[0]] + keys.dropFirst(2)).prefix(former))
    }

    /// One after the other, as a listener takes them.
    var bytes: [UInt8] { keys.flatMap { Array($0) } }

    /// The keys as the document holds them.
    var text: [UInt8]? { EtcdMessage.encode(self) }

    private static func newKey() -> Data? { Sealing.random(keySize).map { Data($0) } }
}
