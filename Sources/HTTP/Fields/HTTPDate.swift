/// Dates as in RFC 9110 §5.6.7, from and to seconds since 1970 (POSIX), without locale, zone or clock.
package enum HTTPDate {
    private static let dayNames: StaticString = "SunMonTueWedThuFriSat"
    private static let monthNames: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

    /// Appends the IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT`. Years outside 0...9999 are clamped.
    package static func append(_ seconds: Int64, to out: inout [UInt8]) {
        let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
        let days = CivilDate.floorDivide(seconds, 86_400)
        let time = Int(seconds - days * 86_400)
        let date = CivilDate(daysSince1970: days)
        // 1970-01-01 was a Thursday.
        append(dayNames, Int(days + 4 - CivilDate.floorDivide(days + 4, 7) * 7), to: &out)
        out.append(", ")
        append(two: date.day, to: &out)
        out.append(0x20)
        append(monthNames, date.month - 1, to: &out)
        out.append(0x20)
        append(two: date.year / 100, to: &out)
        append(two: date.year % 100, to: &out)
        out.append(0x20)
        append(two: time / 3600, to: &out)
        out.append(0x3A)
        append(two: time / 60 % 60, to: &out)
        out.append(0x3A)
        append(two: time % 60, to: &out)
        out.append(" GMT")
    }

    /// The date as text.
    package static func text(_ seconds: Int64) -> String {
        var out: [UInt8] = []
        append(seconds, to: &out)
        return String(decoding: out, as: UTF8.self)
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
        let thisYear = CivilDate(daysSince1970: CivilDate.floorDivide(now, 86_400)).year
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
        let date = CivilDate(year: year, month: month, day: day)
        let midnight = date.daysSince1970
        // A day that the month does not have comes back as another one.
        guard CivilDate(daysSince1970: midnight) == date else { return nil }
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
