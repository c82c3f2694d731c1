import HTTP
import Protection
import Upstreams

/// Who counts as one client, and the number that stands for it: not to be guessed from outside, so that nobody chooses whom to
/// share an allowance with.
struct ClientKey: Sendable {
    /// A field, a cookie; nil: the address.
    enum Value: Sendable {
        case header(String)
        case cookie(String)
    }

    /// Clients by address alone: an IPv4 address, or the /64 that a subscriber has of IPv6.
    static let address = ClientKey(value: nil, ipv6Prefix: 64)
    /// Where clients are: an IPv4 address, or the /48 that a site has of IPv6 (RFC 6177 §2), which is 65,536 clients by address.
    static let network = ClientKey(value: nil, ipv6Prefix: 48)

    let value: Value?
    /// Bits of an IPv6 address that count.
    let ipv6Prefix: Int

    /// The number of the client that sends a request.
    /// - Parameters:
    ///   - address: the believed one.
    ///   - shared: the limit for which all of a fleet are to call it the same; nil: it is this process's affair.
    func number(of request: RequestHead, from address: IPAddress?, for shared: SharedLimit? = nil) -> UInt64 {
        guard let value, let range = range(of: value, in: request.fields), !range.isEmpty else {
            return number(of: address, seeds: shared?.seeds ?? Self.seeds)
        }
        let fields = request.fields
        // SipHash, with a key of this process.
        var hasher = Hasher()
        hasher.combine(range.count)
        for index in range { hasher.combine(fields.bytes[index]) }
        let local = UInt64(bitPattern: Int64(hasher.finalize()))
        return shared?.number(of: local) { Array(fields.bytes[range]) } ?? local
    }

    /// The number of an address; all who have none are one.
    func number(of address: IPAddress?) -> UInt64 { number(of: address, seeds: Self.seeds) }

    private func number(of address: IPAddress?, seeds: ClientSeeds) -> UInt64 {
        guard let address else { return seeds.number(of: 0, 0) }
        guard address.isIPv6 else { return seeds.number(of: Self.isIPv4, address.low) }
        let high = ipv6Prefix < 64 ? address.high & ~(UInt64.max >> UInt64(ipv6Prefix)) : address.high
        return seeds.number(of: high, ipv6Prefix > 64 ? address.low & ~(UInt64.max >> UInt64(ipv6Prefix - 64)) : 0)
    }

    private static let seeds = ClientSeeds()

    /// Marks IPv4 in the first half of an IPv6 address: a block that nobody has (RFC 4291 §2.4).
    private static let isIPv4: UInt64 = 0xFFFF

    private func range(of value: Value, in fields: FieldSection) -> Range<Int>? {
        switch value {
        case .header(let name): fields.line(named: name)?.value
        case .cookie(let name): CookieValue.find(name, in: fields)
        }
    }
}
