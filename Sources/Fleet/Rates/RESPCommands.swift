import HTTP

/// Commands as RESP has them: arrays of texts.
struct RESPCommands {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0

    /// Begins one that has so many words.
    mutating func begin(_ words: Int) {
        bytes.append(UInt8(ascii: "*"))
        number(words)
        count += 1
    }

    mutating func word(_ text: String) {
        bytes.append(UInt8(ascii: "$"))
        number(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
        end()
    }

    /// - Parameter number: not below 0.
    mutating func word(_ number: Int64) {
        let value = UInt64(max(0, number))
        var (length, rest) = (1, value)
        while rest >= 10 { (length, rest) = (length + 1, rest / 10) }
        bytes.append(UInt8(ascii: "$"))
        self.number(length)
        bytes.append(decimal: value)
        end()
    }

    /// A text and the 16 hexadecimal digits of a number.
    mutating func word(_ prefix: [UInt8], hex number: UInt64) {
        bytes.append(UInt8(ascii: "$"))
        self.number(prefix.count + 16)
        bytes.append(contentsOf: prefix)
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: number >> shift & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
        end()
    }

    /// A whole one.
    mutating func add(_ words: String...) {
        begin(words.count)
        for text in words { word(text) }
    }

    private mutating func number(_ value: Int) {
        bytes.append(decimal: UInt64(value))
        end()
    }

    private mutating func end() { bytes.append(contentsOf: [0x0D, 0x0A]) }
}
