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

    /// From an address's bytes in network order; bits behind the prefix do not count. A block within `::ffff:0:0/96` is the IPv4
    /// block that it stands for, since addresses are (`IPAddress.init(v6:_:)`).
    /// - Returns: nil if there are not 4 or 16 bytes, or fewer bits than the length says.
    package init?(bytes: [UInt8], prefixLength: Int) {
        guard bytes.count == 4 || bytes.count == 16, 0...bytes.count * 8 ~= prefixLength else { return nil }
        let high = bytes.count == 16 ? bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) } : 0
        let low = bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        let isMapped = bytes.count == 16 && high == 0 && low >> 32 == 0xFFFF && prefixLength >= 96
        let isIPv6 = bytes.count == 16 && !isMapped
        let length = isMapped ? prefixLength - 96 : prefixLength
        self.prefixLength = length
        highMask = isIPv6 ? Self.mask(min(length, 64), of: 64) : 0
        lowMask = isIPv6 ? Self.mask(max(0, length - 64), of: 64) : Self.mask(length, of: 32)
        base =
            isIPv6
            ? IPAddress(block: high & highMask, low & lowMask) : IPAddress(v4: UInt32(truncatingIfNeeded: low & lowMask))
    }

    /// The first address and the last, as numbers.
    package var bounds: ClosedRange<UInt128> {
        let first = base.number
        let free = (base.isIPv6 ? 128 : 32) - prefixLength
        return first...(first | UInt128.max >> UInt128(128 - free))
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
