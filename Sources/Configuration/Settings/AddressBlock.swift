/// A block of IP addresses in CIDR notation (RFC 4632 §3.1); a single address is a block of full length.
package struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
    /// The address in network order: 4 bytes or 16.
    package let address: [UInt8]
    /// Bits that count: 0…32 or 0…128.
    package let prefixLength: Int
    /// The block as the file writes it.
    package let description: String

    /// nil if the text is no block.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = IPAddressText.ipv4(first) ?? IPAddressText.ipv6(first) else { return nil }
        var length = bytes.count * 8
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.utf8.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
                let number = Int(digits), number <= length
            else { return nil }
            length = number
        }
        address = bytes
        prefixLength = length
        description = text
    }

    /// Whether an address (4 or 16 bytes, network order) is in the block. An IPv4 address that a dual-stack socket shows as
    /// `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2) is in the IPv4 blocks it belongs to.
    package func contains(_ candidate: [UInt8]) -> Bool {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        var candidate = candidate[...]
        if address.count == 4 && candidate.count == 16 && candidate.starts(with: mapped) { candidate = candidate.dropFirst(12) }
        guard candidate.count == address.count else { return false }
        return zip(candidate, address).enumerated().allSatisfy { index, pair in
            let bits = min(8, max(0, prefixLength - index * 8))
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return pair.0 & mask == pair.1 & mask
        }
    }

    /// Whether every address of the other block is in this one.
    package func contains(_ other: AddressBlock) -> Bool {
        other.address.count == address.count && other.prefixLength >= prefixLength && contains(other.address)
    }

    /// Whether bits beyond the length are set, as in `10.0.0.1/8`: legal, often a mistake.
    var hasBitsBeyondLength: Bool {
        address.enumerated().contains { index, byte in
            let bits = min(8, max(0, prefixLength - index * 8))
            return byte & ~UInt8(truncatingIfNeeded: 0xFF00 >> bits) != 0
        }
    }
}
