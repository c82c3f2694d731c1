import HTTP

/// When a line was made, and how lines write it. Most lines are made in the second of the one before, so the text of a second is
/// made once.
struct LineTime {
    /// Since 1970.
    let nanoseconds: UInt64
    private let second: Second

    /// The texts of one second.
    struct Second {
        fileprivate var number = UInt64.max
        /// Up to its fraction's point.
        fileprivate var text: [UInt8] = []
        fileprivate var common: [UInt8] = []
    }

    /// - Parameter last: of the line before; it becomes this one's.
    init(_ nanoseconds: UInt64, _ last: inout Second) {
        self.nanoseconds = nanoseconds
        let number = nanoseconds / 1_000_000_000
        if number != last.number {
            last = Second(number: number)
            Timestamp.append(nanoseconds: number * 1_000_000_000, to: &last.text)
            // Without its fraction, which is "000Z".
            last.text.removeLast(4)
            Timestamp.appendCommon(nanoseconds: number * 1_000_000_000, to: &last.common)
        }
        second = last
    }

    /// By RFC 3339: see `Timestamp.append`.
    func write(to out: inout OutputSpan<UInt8>) {
        out.write(second.text)
        out.write(thousandths: nanoseconds / 1_000_000 % 1000)
        out.write(UInt8(ascii: "Z"))
    }

    /// As in Apache's common log format.
    func writeCommon(to out: inout OutputSpan<UInt8>) {
        out.write(second.common)
    }
}
