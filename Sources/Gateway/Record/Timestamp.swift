import HTTP

/// RFC 3339 times in UTC: "2026-11-22T15:36:02.123Z".
enum Timestamp {
    /// Appends a time.
    static func append(seconds: Int64, milliseconds: Int, to out: inout [UInt8]) {
        let days = CivilDate.floorDivide(seconds, 86_400)
        let ofDay = Int(seconds - days * 86_400)
        let date = CivilDate(daysSince1970: days)
        padded(date.year, 4, to: &out)
        out.append(0x2D)
        padded(date.month, 2, to: &out)
        out.append(0x2D)
        padded(date.day, 2, to: &out)
        out.append(0x54)
        padded(ofDay / 3600, 2, to: &out)
        out.append(0x3A)
        padded(ofDay / 60 % 60, 2, to: &out)
        out.append(0x3A)
        padded(ofDay % 60, 2, to: &out)
        out.append(0x2E)
        padded(milliseconds, 3, to: &out)
        out.append(0x5A)
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
