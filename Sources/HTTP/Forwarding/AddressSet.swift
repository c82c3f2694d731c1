/// Any number of blocks of addresses, in which an address is found by bisection.
package struct AddressSet: Equatable, Sendable {
    /// Sorted, and apart from each other.
    private let v4: [ClosedRange<UInt128>]
    private let v6: [ClosedRange<UInt128>]

    package init(_ blocks: [CIDR]) {
        v4 = Self.joined(blocks.filter { !$0.base.isIPv6 })
        v6 = Self.joined(blocks.filter(\.base.isIPv6))
    }

    package var isEmpty: Bool { v4.isEmpty && v6.isEmpty }

    /// Whether the address lies in one of the blocks; families never match each other.
    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv6 ? Self.contains(address.number, v6) : Self.contains(address.number, v4)
    }

    private static func contains(_ number: UInt128, _ ranges: [ClosedRange<UInt128>]) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound <= number
    }

    private static func joined(_ blocks: [CIDR]) -> [ClosedRange<UInt128>] {
        var ranges: [ClosedRange<UInt128>] = []
        // Blocks nest or are apart, and of those that begin alike the widest comes first.
        let sorted = blocks.map(\.bounds).sorted { ($0.lowerBound, $1.upperBound) < ($1.lowerBound, $0.upperBound) }
        for next in sorted {
            if let last = ranges.last, next.lowerBound <= last.upperBound { continue }
            ranges.append(next)
        }
        return ranges
    }
}
