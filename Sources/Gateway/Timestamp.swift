import HTTP

/// RFC 3339 times in UTC: "2026-11-22T15:36:02.123Z".
enum Timestamp {
    /// Appends a time. The date is worked out from days since 1970 in the proleptic Gregorian calendar.
    static func append(seconds: Int64, milliseconds: Int, to out: inout [UInt8]) {
        let days = seconds / 86_400
        let ofDay = Int(seconds % 86_400)
        let (year, month, day) = date(days)
        padded(year, 4, to: &out)
        out.append(0x2D)
        padded(month, 2, to: &out)
        out.append(0x2D)
        padded(day, 2, to: &out)
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

    /// Years are counted from March here, so that the leap day is a year's last.
    private static func date(_ days: Int64) -> (Int, Int, Int) {
        let shifted = Int(days) + 719_468
        let era = shifted / 146_097
        let ofEra = shifted % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        let day = ofYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
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
