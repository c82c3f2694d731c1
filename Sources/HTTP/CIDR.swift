/// A block of addresses, `192.0.2.0/24` or `2001:db8::/32`; a single address is a block of itself.
package struct CIDR: Equatable, Sendable {
    package let base: IPAddress
    /// 0...32 or 0...128.
    package let prefixLength: Int
    private let highMask: UInt64
    private let lowMask: UInt64

    /// nil if `text` is not an address with an optional `/length`, or has bits set behind the prefix (which is nearly
    /// always a typing error).
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        let width = address.isIPv6 ? 128 : 32
        var length = width
        if parts.count == 2 {
            guard let number = Int(parts[1]), 0...width ~= number, parts[1].utf8.allSatisfy(ByteClass.isDigit) else {
                return nil
            }
            length = number
        }
        base = address
        prefixLength = length
        if address.isIPv6 {
            highMask = Self.mask(min(length, 64), of: 64)
            lowMask = Self.mask(max(0, length - 64), of: 64)
        } else {
            highMask = 0
            lowMask = Self.mask(length, of: 32)
        }
        guard base.high & ~highMask == 0, base.low & ~lowMask == 0 else { return nil }
    }

    /// Whether the address lies in the block; families never match each other.
    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv6 == base.isIPv6 && address.high & highMask == base.high && address.low & lowMask == base.low
    }

    /// The top `count` bits set, of `width`.
    private static func mask(_ count: Int, of width: Int) -> UInt64 {
        let all = UInt64.max >> UInt64(64 - width)
        return count == 0 ? 0 : all & ~(count == width ? 0 : all >> UInt64(count))
    }
}
