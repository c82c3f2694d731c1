import HTTP

/// When a line was made, and how lines write it. Most lines are made in the second of the one before, so the text of a second is
/// made once.
struct LineTime {
    /// Since 1970.
    let nanoseconds: UInt64
    /// The second that the line is of.
    let second: Second

    /// The texts of one second. An object, since each line holds it.
    final class Second {
        fileprivate let number: UInt64
        /// Up to its fraction's point.
        fileprivate let text: [UInt8]
        fileprivate let common: [UInt8]

        /// - Parameter number: of seconds since 1970; none: before the first line.
        init(_ number: UInt64 = .max) {
            self.number = number
            var (text, common): ([UInt8], [UInt8]) = ([], [])
            if number != .max {
                Timestamp.append(nanoseconds: number * 1_000_000_000, to: &text)
                // Without its fraction, which is "000Z".
                text.removeLast(4)
                Timestamp.appendCommon(nanoseconds: number * 1_000_000_000, to: &common)
            }
            (self.text, self.common) = (text, common)
        }
    }

    /// - Parameter last: of the line before.
    init(_ nanoseconds: UInt64, after last: Second) {
        self.nanoseconds = nanoseconds
        let number = nanoseconds / 1_000_000_000
        second = number == last.number ? last : Second(number)
    }

    /// Writes the time by RFC 3339: see `Timestamp.append`.
    func write(to out: inout OutputSpan<UInt8>) {
        out.write(second.text)
        out.write(thousandths: nanoseconds / 1_000_000 % 1000)
        out.write(UInt8(ascii: "Z"))
    }

    /// Writes the time as Apache's common log format has it.
    func writeCommon(to out: inout OutputSpan<UInt8>) {
        out.write(second.common)
    }
}
