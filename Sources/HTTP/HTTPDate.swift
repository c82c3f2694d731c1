/// Dates as in RFC 9110 §5.6.7, from and to seconds since 1970 (POSIX), without locale, zone or clock.
package enum HTTPDate {
    private static let dayNames: StaticString = "SunMonTueWedThuFriSat"
    private static let monthNames: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Appends the IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`. Years outside 0...9999 are clamped.
    package static func append(_ seconds: Int64, to out: inout [UInt8]) {
        let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let days = floorDivide(seconds, 86_400)
        let time = Int(seconds - days * 86_400)
        let (year, month, day) = civil(days)
        append(dayNames, Int(floorModulo(days + 4, 7)), to: &out)
        out.append(", ")
        append(two: day, to: &out)
        out.append(0x20)
        append(monthNames, month - 1, to: &out)
        out.append(0x20)
        append(two: year / 100, to: &out)
        append(two: year % 100, to: &out)
        out.append(0x20)
        append(two: time / 3600, to: &out)
        out.append(0x3A)
        append(two: time / 60 % 60, to: &out)
        out.append(0x3A)
        append(two: time % 60, to: &out)
        out.append(" GMT")
    }

    private static func append(_ names: StaticString, _ index: Int, to out: inout [UInt8]) {
        var all: [UInt8] = []
        all.append(names)
        out.append(all, index * 3..<index * 3 + 3)
    }

    private static func append(two number: Int, to out: inout [UInt8]) {
        out.append(UInt8(truncatingIfNeeded: 0x30 + number / 10))
        out.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }

    /// Days since 1970-01-01 to year, month, day: the calendar counted from March, so that the leap day comes last.
    private static func civil(_ days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        return (Int(year), Int(month < 10 ? month + 3 : month - 9), Int(day))
    }

    /// Year, month 1...12, day to days since 1970-01-01.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }
    private static func floorModulo(_ a: Int64, _ b: Int64) -> Int64 { a - floorDivide(a, b) * b }
}

extension HTTPDate {
    /// Reads the three forms of RFC 9110 §5.6.7: IMF-fixdate, RFC 850 and asctime; nil for all else. A two-digit year that
    /// would lie more than 50 years after `now` is of the past century.
    package static func parse(_ bytes: Span<UInt8>, _ range: Range<Int>, now: Int64) -> Int64? {
        let text = Text.trimmed(bytes, range)
        let start = text.lowerBound
        guard text.count >= 24 else { return nil }
        if bytes[start + 3] == 0x2C {
            guard text.count == 29, isDayName(bytes, start) else { return nil }
            return fixed(bytes, start)
        }
        if bytes[start + 3] == 0x20 {
            guard text.count == 24, isDayName(bytes, start) else { return nil }
            return asctime(bytes, start)
        }
        return rfc850(bytes, text, now)
    }

    private static func isDayName(_ bytes: Span<UInt8>, _ start: Int) -> Bool {
        name(bytes, start, in: dayNames, count: 7) != nil
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    private static func fixed(_ bytes: Span<UInt8>, _ start: Int) -> Int64? {
        guard bytes[start + 4] == 0x20, bytes[start + 7] == 0x20, bytes[start + 11] == 0x20, bytes[start + 16] == 0x20,
            Text.equal(bytes, start + 25..<start + 29, " GMT"),
            let day = number(bytes, start + 5, 2), let month = name(bytes, start + 8, in: monthNames, count: 12),
            let year = number(bytes, start + 12, 4)
        else { return nil }
        return seconds(year, month + 1, day, bytes, clock: start + 17)
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    private static func rfc850(_ bytes: Span<UInt8>, _ text: Range<Int>, _ now: Int64) -> Int64? {
        var comma = text.lowerBound
        while comma < text.upperBound, ByteClass.isLetter(bytes[comma]) { comma += 1 }
        guard 6...9 ~= comma - text.lowerBound, text.upperBound - comma == 24, bytes[comma] == 0x2C,
            isDayName(bytes, text.lowerBound), bytes[comma + 1] == 0x20, bytes[comma + 4] == 0x2D,
            bytes[comma + 8] == 0x2D, bytes[comma + 11] == 0x20,
            Text.equal(bytes, comma + 20..<comma + 24, " GMT"),
            let day = number(bytes, comma + 2, 2), let month = name(bytes, comma + 5, in: monthNames, count: 12),
            let short = number(bytes, comma + 9, 2)
        else { return nil }
        let (thisYear, _, _) = civil(floorDivide(now, 86_400))
        var year = thisYear - thisYear % 100 + short
        if year > thisYear + 50 { year -= 100 }
        return seconds(year, month + 1, day, bytes, clock: comma + 12)
    }

    /// `Sun Nov  6 08:49:37 1994`
    private static func asctime(_ bytes: Span<UInt8>, _ start: Int) -> Int64? {
        let dayStart = bytes[start + 8] == 0x20 ? start + 9 : start + 8
        guard bytes[start + 7] == 0x20, bytes[start + 10] == 0x20, bytes[start + 19] == 0x20,
            let month = name(bytes, start + 4, in: monthNames, count: 12),
            let day = number(bytes, dayStart, start + 10 - dayStart), let year = number(bytes, start + 20, 4)
        else { return nil }
        return seconds(year, month + 1, day, bytes, clock: start + 11)
    }

    /// Adds the `hh:mm:ss` at `clock`; a leap second counts as the next second.
    private static func seconds(_ year: Int, _ month: Int, _ day: Int, _ bytes: Span<UInt8>, clock: Int) -> Int64? {
        guard bytes[clock + 2] == 0x3A, bytes[clock + 5] == 0x3A, let hour = number(bytes, clock, 2),
            let minute = number(bytes, clock + 3, 2), let second = number(bytes, clock + 6, 2),
            hour < 24, minute < 60, second <= 60, day >= 1
        else { return nil }
        let midnight = days(year, month, day)
        let (_, sameMonth, sameDay) = civil(midnight)
        guard sameMonth == month, sameDay == day else { return nil }
        return midnight * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func number(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
        Text.decimal(bytes, start..<start + count, maxDigits: count).map { Int($0) }
    }

    /// The index among the three-letter names of the one at `start`.
    private static func name(_ bytes: Span<UInt8>, _ start: Int, in names: StaticString, count: Int) -> Int? {
        var all: [UInt8] = []
        all.append(names)
        for index in 0..<count where Text.equal(bytes, start..<start + 3, all.span, index * 3..<index * 3 + 3) {
            return index
        }
        return nil
    }
}
