import HTTP

/// Times in UTC, as logs write them.
package enum Timestamp {
    /// RFC 3339, to the second: "2026-11-22T15:36:02Z".
    /// - Parameter seconds: since 1970; before that, too.
    package static func text(seconds: Int64) -> String {
        let days = CivilDate.floorDivide(seconds, 86_400)
        var out: [UInt8] = []
        appendDate(CivilDate(daysSince1970: days), to: &out)
        appendTime(Int(seconds - days * 86_400), to: &out)
        out.append(0x5A)
        return String(decoding: out, as: UTF8.self)
    }

    /// RFC 3339: "2026-11-22T15:36:02.123Z".
    /// - Parameter nanoseconds: since 1970.
    static func append(nanoseconds: UInt64, to out: inout [UInt8]) {
        let (date, time) = split(nanoseconds)
        appendDate(date, to: &out)
        appendTime(time, to: &out)
        out.append(0x2E)
        padded(Int(nanoseconds / 1_000_000 % 1000), 3, to: &out)
        out.append(0x5A)
    }

    /// As in Apache's common log format: "10/Oct/2000:13:55:36 +0000".
    /// - Parameter nanoseconds: since 1970.
    static func appendCommon(nanoseconds: UInt64, to out: inout [UInt8]) {
        let (date, time) = split(nanoseconds)
        padded(date.day, 2, to: &out)
        out.append(0x2F)
        out.append(monthNames[date.month - 1])
        out.append(0x2F)
        padded(date.year, 4, to: &out)
        out.append(0x3A)
        appendTime(time, to: &out)
        out.append(" +0000")
    }

    private static let monthNames: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The day, and seconds of it.
    private static func split(_ nanoseconds: UInt64) -> (date: CivilDate, time: Int) {
        let seconds = Int64(nanoseconds / 1_000_000_000)
        let days = CivilDate.floorDivide(seconds, 86_400)
        return (CivilDate(daysSince1970: days), Int(seconds - days * 86_400))
    }

    /// Appends the date and the letter that a time follows.
    private static func appendDate(_ date: CivilDate, to out: inout [UInt8]) {
        padded(date.year, 4, to: &out)
        out.append(0x2D)
        padded(date.month, 2, to: &out)
        out.append(0x2D)
        padded(date.day, 2, to: &out)
        out.append(0x54)
    }

    private static func appendTime(_ seconds: Int, to out: inout [UInt8]) {
        padded(seconds / 3600, 2, to: &out)
        out.append(0x3A)
        padded(seconds / 60 % 60, 2, to: &out)
        out.append(0x3A)
        padded(seconds % 60, 2, to: &out)
    }

    private static func padded(_ value: Int, _ width: Int, to out: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            out.append(UInt8(value / divisor % 10) + 0x30)
            divisor /= 10
        }
    }
}
