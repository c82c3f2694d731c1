import HTTP

/// Huffman's code for strings, RFC 7541 §5.2 and Appendix B.
///
/// The code is canonical: of codes of one length those of greater symbols are greater, and a shorter code is less than what
/// longer ones begin with. So the lengths say all.
///
/// An object, so that who decodes holds it as a whole, and not each of its arrays (price 2).
final class HuffmanCode: Sendable {
    static let shared = HuffmanCode()

    /// The bits of each symbol's code, from byte 0 on. EOS, the last code of 30 bits, is left out: in a string it is an error.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
        28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
        5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
        22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
        23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
        20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
        27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
        27, 27, 27, 26,
    ]
    /// Bits of the longest code.
    private static let maxLength = 30
    /// Bits of what is looked up at once: text has hardly any longer codes.
    private static let quick = 8

    /// For each value of the next eight bits the symbol, and above it the length of its code; 0 where the code is longer.
    private let short: [UInt16]
    /// The codes of each length in bits, which is the index.
    private let codes: [Codes]
    /// The symbols in the order of their codes.
    private let symbols: [UInt8]

    /// The codes of one length.
    private struct Codes {
        /// The first one, as a number of so many bits, and the index of its symbol in `symbols`.
        var first: UInt32
        var index: Int
        /// The value from which on longer codes begin, left-aligned in 32 bits.
        var end: UInt64
    }

    private init() {
        var short = [UInt16](repeating: 0, count: 1 << Self.quick)
        // None is of no bits.
        var codes = [Codes(first: 0, index: 0, end: 0)]
        var symbols: [UInt8] = []
        var code: UInt32 = 0
        for length in 1...Self.maxLength {
            let (first, index) = (code, symbols.count)
            for symbol in Self.lengths.indices where Self.lengths[symbol] == length {
                symbols.append(UInt8(symbol))
                if length <= Self.quick {
                    let spare = Self.quick - length
                    for rest in 0..<1 << spare {
                        short[Int(code) << spare | rest] = UInt16(length) << 8 | UInt16(symbol)
                    }
                }
                code += 1
            }
            codes.append(Codes(first: first, index: index, end: UInt64(code) << UInt64(32 - length)))
            code <<= 1
        }
        (self.short, self.codes, self.symbols) = (short, codes, symbols)
    }

    /// Appends the text of a coded string.
    /// - Returns: false if it is none: it holds EOS, or does not end with less than a byte of ones (RFC 7541 §5.2).
    func decode(_ coded: Span<UInt8>, to out: inout [UInt8]) -> Bool {
        var isWhole = false
        // No code is shorter than five bits.
        out.append(addingCapacity: coded.count * 8 / 5 + 1) { isWhole = decode(coded, to: &$0) }
        return isWhole
    }

    private func decode(_ coded: Span<UInt8>, to out: inout OutputSpan<UInt8>) -> Bool {
        let table = short
        let short = table.span
        // The bits that have not been used, from the top.
        var bits: UInt64 = 0
        var count = 0
        var next = 0
        while true {
            while count <= 56, next < coded.count {
                bits |= UInt64(coded[next]) &<< UInt64(56 &- count)
                count &+= 8
                next &+= 1
            }
            var entry = short[Int(bits &>> 56)]
            // As long as there are eight bits, all of a short code's are there.
            while entry != 0, count >= Self.quick {
                out.append(UInt8(truncatingIfNeeded: entry))
                let length = entry &>> 8
                bits &<<= UInt64(length)
                count &-= Int(length)
                entry = short[Int(bits &>> 56)]
            }
            if count <= 32, next < coded.count { continue }
            var length = Int(entry &>> 8)
            var symbol = UInt8(truncatingIfNeeded: entry)
            if length == 0 {
                guard let long = longCode(bits &>> 32) else { return Self.isPadding(bits, count) }
                (symbol, length) = long
            }
            guard length <= count else { return Self.isPadding(bits, count) }
            out.append(symbol)
            bits &<<= UInt64(length)
            count &-= length
        }
    }

    /// The code of more than eight bits that the next 32 begin with; nil if that is EOS's.
    private func longCode(_ bits: UInt64) -> (symbol: UInt8, length: Int)? {
        var length = Self.quick + 1
        while length <= Self.maxLength, bits >= codes[length].end { length += 1 }
        guard length <= Self.maxLength else { return nil }
        let number = UInt32(bits &>> UInt64(32 - length)) - codes[length].first
        return (symbols[codes[length].index + Int(number)], length)
    }

    /// Are the bits that are left fewer than eight, and all ones?
    private static func isPadding(_ bits: UInt64, _ count: Int) -> Bool {
        count < 8 && bits == ~(UInt64.max &>> UInt64(count))
    }
}
