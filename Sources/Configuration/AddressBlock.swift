/// A block of IP addresses in CIDR notation; a single address is a block of full length.
package struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
    /// In network order: 4 bytes or 16.
    package let address: [UInt8]
    /// Bits that count: 0…32 or 0…128.
    package let prefixLength: Int
    /// As the file writes it.
    package let description: String
}
