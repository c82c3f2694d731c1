import HTTP
import Upstreams

/// Who counts as one client, and the number that stands for it: not to be guessed from outside, so that nobody chooses whom to
/// share an allowance with.
struct ClientKey: Sendable {
    /// A field, a cookie; nil: the address.
    enum Value: Sendable {
        case header(String)
        case cookie(String)
    }

    /// By address alone, and that as a subscriber has it.
    static let address = ClientKey(value: nil, ipv6Prefix: 64)

    let value: Value?
    /// Bits of an IPv6 address that count.
    let ipv6Prefix: Int

    /// The number of the client that sends a request.
    /// - Parameter address: the believed one.
    func number(of request: RequestHead, from address: IPAddress?) -> UInt64 {
        guard let value, let range = range(of: value, in: request.fields), !range.isEmpty else { return number(of: address) }
        // SipHash, with a key of this process.
        var hasher = Hasher()
        let fields = request.fields
        hasher.combine(range.count)
        for index in range { hasher.combine(fields.bytes[index]) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The number of an address; all who have none are one.
    func number(of address: IPAddress?) -> UInt64 {
        guard let address else { return Self.mixed(0, 0) }
        guard address.isIPv6 else { return Self.mixed(Self.isIPv4, address.low) }
        let high = ipv6Prefix < 64 ? address.high & ~(UInt64.max >> UInt64(ipv6Prefix)) : address.high
        return Self.mixed(high, ipv6Prefix > 64 ? address.low & ~(UInt64.max >> UInt64(ipv6Prefix - 64)) : 0)
    }

    /// Two words as one that tells nothing of them without the seeds. Every request is worth a few instructions of it and not
    /// SipHash's four hundred: who could aim at a region of a table could at most have those forgotten who have used least.
    private static func mixed(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let seeds = seeds
        return folded(folded(first ^ seeds.0, second ^ seeds.1) ^ seeds.2, seeds.3)
    }

    private static func folded(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = first.multipliedFullWidth(by: second)
        return product.high ^ product.low
    }

    /// The system's generator is getrandom(2). The last is a factor, so it is odd.
    private static let seeds = (random(), random(), random(), random() | 1)

    private static func random() -> UInt64 { UInt64.random(in: 0...UInt64.max) }

    /// In the place of an IPv6 address's first half: of a block that nobody has (RFC 4291 §2.4).
    private static let isIPv4: UInt64 = 0xFFFF

    private func range(of value: Value, in fields: FieldSection) -> Range<Int>? {
        switch value {
        case .header(let name): fields.line(named: name)?.value
        case .cookie(let name): CookieValue.find(name, in: fields)
        }
    }
}
