import HTTP
import Upstreams

/// Who counts as one client, and the number that stands for it: not to be guessed from outside (SipHash with a key of this
/// process), so that nobody chooses whom to share an allowance with.
struct ClientKey: Sendable {
    /// A field, a cookie; nil: the address.
    enum Value: Sendable {
        case header(String)
        case cookie(String)
    }

    let value: Value?
    /// Bits of an IPv6 address that count.
    let ipv6Prefix: Int

    /// The number of the client that sends a request.
    /// - Parameter address: the believed one.
    func number(of request: RequestHead, from address: IPAddress?) -> UInt64 {
        guard let value, let range = range(of: value, in: request.fields), !range.isEmpty else { return number(of: address) }
        var hasher = Hasher()
        let fields = request.fields
        hasher.combine(range.count)
        for index in range { hasher.combine(fields.bytes[index]) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The number of an address; all who have none are one.
    func number(of address: IPAddress?) -> UInt64 {
        var hasher = Hasher()
        if let address {
            let isIPv6 = address.isIPv6
            hasher.combine(isIPv6 && ipv6Prefix < 64 ? address.high & ~(UInt64.max >> UInt64(ipv6Prefix)) : address.high)
            if !isIPv6 {
                hasher.combine(address.low)
            } else if ipv6Prefix > 64 {
                hasher.combine(address.low & ~(UInt64.max >> UInt64(ipv6Prefix - 64)))
            }
            hasher.combine(isIPv6)
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private func range(of value: Value, in fields: FieldSection) -> Range<Int>? {
        switch value {
        case .header(let name): fields.line(named: name)?.value
        case .cookie(let name): CookieValue.find(name, in: fields)
        }
    }
}
