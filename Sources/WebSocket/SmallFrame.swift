/// The test for an unfragmented data frame of at most 125 bytes without fault, on its first two bytes alone. Made
/// once per direction, so that the relay's hot path is two comparisons.
struct SmallFrame: Sendable {
    /// Bytes before the payload: 2, or 6 with a mask key.
    let headerSize: Int

    private let maskBit: UInt8
    private let significantBits: UInt8
    private let maxPayload: UInt8

    init(rules: FrameRules, maxMessageSize: UInt64) {
        headerSize = rules.sender.masks ? 6 : 2
        maskBit = rules.sender.masks ? 0x80 : 0
        significantBits = ~rules.extensions.bits(allowedOn: .text).rawValue
        maxPayload = UInt8(min(125, maxMessageSize))
    }

    /// The payload's length, or `nil` if these two bytes begin another kind of frame.
    func payloadLength(_ first: UInt8, _ second: UInt8) -> Int? {
        // FIN with opcode 1 (text) or 2 (binary).
        guard (first & significantBits) &- 0x81 <= 1 else { return nil }
        // A wrong mask bit leaves the top bit set, which is above every length.
        let length = second ^ maskBit
        guard length <= maxPayload else { return nil }
        return Int(length)
    }
}
