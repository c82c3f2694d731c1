/// A list of addresses and blocks, as files have them: one in a line, as those of countries and of known attackers are published.
package enum AddressListText {
    /// Why a file is no such list.
    package struct Fault: Error, Sendable, Equatable {
        /// The line, from 1; 0: the file as a whole.
        package let line: Int
        package let reason: String
    }

    /// Bytes of a file: enough for half a million blocks.
    package static let maxBytes = 16 << 20

    /// - Parameter bytes: of the file: an address or a block in each line. What follows `#` or `;` is a comment; empty lines, and
    ///   blanks around what is written, do not count.
    package static func set(of bytes: [UInt8]) throws(Fault) -> AddressSet {
        guard bytes.count <= maxBytes else { throw Fault(line: 0, reason: "is larger than \(maxBytes >> 20) MiB") }
        var blocks: [CIDR] = []
        var number = 0
        // Some editors put a byte-order mark before all.
        let whole = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        for line in whole.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let text = trimmed(line.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: ";") })
            if text.isEmpty { continue }
            guard let block = CIDR(String(decoding: text, as: UTF8.self)) else {
                let reason = "is not an address or a block of addresses, such as 192.0.2.0/24, without bits beyond its length"
                throw Fault(line: number, reason: reason)
            }
            blocks.append(block)
        }
        return AddressSet(blocks)
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
        guard let first = text.firstIndex(where: { !isBlank($0) }), let last = text.lastIndex(where: { !isBlank($0) })
        else { return [] }
        return text[first...last]
    }
}
