/// HTTP dates (RFC 9110 §5.6.7) as seconds since 1970.
enum HTTPDate {
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    /// The last second of the year 9999: the form has four digits for the year.
    private static let last: Int64 = 253_402_300_799

    /// The one form that is sent, IMF-fixdate. Times outside 1970...9999 are moved to the nearer end.
    static func format(_ seconds: Int64) -> String {
        let time = min(max(seconds, 0), last)
        let day = time / 86400
        let ofDay = Int(time % 86400)
        let date = civil(fromDays: day)
        var text: [UInt8] = []
        text.reserveCapacity(29)
        func put(_ value: Int, digits: Int) {
            var divisor = digits == 4 ? 1000 : 10
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
                divisor /= 10
            }
        }
        // 1970-01-01 was a Thursday.
        text.append(contentsOf: days[Int((day + 4) % 7)].utf8.prefix(3))
        text.append(contentsOf: ", ".utf8)
        put(date.day, digits: 2)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: months[date.month - 1].utf8)
        text.append(UInt8(ascii: " "))
        put(date.year, digits: 4)
        text.append(UInt8(ascii: " "))
        put(ofDay / 3600, digits: 2)
        text.append(UInt8(ascii: ":"))
        put(ofDay / 60 % 60, digits: 2)
        text.append(UInt8(ascii: ":"))
        put(ofDay % 60, digits: 2)
        text.append(contentsOf: " GMT".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads any of the three forms; nil if `text` is none of them. `now` places the two-digit year of the RFC 850 form.
    /// The day's name must be one, and is not compared with the date: some clients get it wrong.
    static func parse(_ text: [UInt8], now: Int64) -> Int64? {
        var scanner = Scanner(text: text)
        guard let name = scanner.word(), let isFull = dayForm(name) else { return nil }
        if isFull {
            guard scanner.skip(", ") else { return nil }
            return rfc850(&scanner, now: now)
        }
        return scanner.skip(", ") ? imfFixdate(&scanner) : asctime(&scanner)
    }

    /// Sun, 06 Nov 1994 08:49:37 GMT
    private static func imfFixdate(_ scanner: inout Scanner) -> Int64? {
        guard let day = scanner.number(digits: 2), scanner.skip(" "), let month = scanner.month(months),
            scanner.skip(" "), let year = scanner.number(digits: 4), scanner.skip(" "),
            let time = scanner.timeOfDay(), scanner.skip(" GMT"), scanner.isAtEnd
        else { return nil }
        return seconds(year: year, month: month, day: day, time: time)
    }

    /// Sunday, 06-Nov-94 08:49:37 GMT
    private static func rfc850(_ scanner: inout Scanner, now: Int64) -> Int64? {
        guard let day = scanner.number(digits: 2), scanner.skip("-"), let month = scanner.month(months),
            scanner.skip("-"), let short = scanner.number(digits: 2), scanner.skip(" "),
            let time = scanner.timeOfDay(), scanner.skip(" GMT"), scanner.isAtEnd
        else { return nil }
        // RFC 9110 §5.6.7: more than 50 years in the future means the past.
        let thisYear = civil(fromDays: min(max(now, 0), last) / 86400).year
        var year = thisYear / 100 * 100 + short
        if year > thisYear + 50 { year -= 100 }
        return seconds(year: year, month: month, day: day, time: time)
    }

    /// Sun Nov  6 08:49:37 1994
    private static func asctime(_ scanner: inout Scanner) -> Int64? {
        guard scanner.skip(" "), let month = scanner.month(months), scanner.skip(" "),
            let day = scanner.skip(" ") ? scanner.number(digits: 1) : scanner.number(digits: 2),
            scanner.skip(" "), let time = scanner.timeOfDay(), scanner.skip(" "),
            let year = scanner.number(digits: 4), scanner.isAtEnd
        else { return nil }
        return seconds(year: year, month: month, day: day, time: time)
    }

    /// Whether a day's name is the full one; nil if it is no day's name.
    private static func dayForm(_ name: ArraySlice<UInt8>) -> Bool? {
        if days.contains(where: { name.elementsEqual($0.utf8) }) { return true }
        return days.contains(where: { name.elementsEqual($0.utf8.prefix(3)) }) ? false : nil
    }

    private static func seconds(year: Int, month: Int, day: Int, time: Int) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day >= 1, day <= lengths[month - 1] else { return nil }
        return days(year: year, month: month, day: day) * 86400 + Int64(time)
    }

    /// Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the leap day comes last.
    private static func days(year: Int, month: Int, day: Int) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let century = shifted >= 0 ? shifted / 400 : (shifted - 399) / 400
        let yearOfEra = shifted - century * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(century * 146_097 + dayOfEra - 719_468)
    }

    /// The inverse, for days from 1970 on.
    private static func civil(fromDays days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
    }
}

/// Walks over a date's text.
private struct Scanner {
    let text: [UInt8]
    var index = 0

    init(text: [UInt8]) {
        self.text = text
    }

    var isAtEnd: Bool { index == text.count }

    /// Letters up to the next other byte; nil if there is none.
    mutating func word() -> ArraySlice<UInt8>? {
        let start = index
        while index < text.count, UInt8(ascii: "a")...UInt8(ascii: "z") ~= text[index] | 0x20 { index += 1 }
        return index > start ? text[start..<index] : nil
    }

    mutating func skip(_ expected: String) -> Bool {
        guard text[index...].starts(with: expected.utf8) else { return false }
        index += expected.utf8.count
        return true
    }

    mutating func number(digits: Int) -> Int? {
        guard index + digits <= text.count else { return nil }
        var value = 0
        for byte in text[index..<index + digits] {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        index += digits
        return value
    }

    /// 1...12
    mutating func month(_ names: [String]) -> Int? {
        guard let name = word() else { return nil }
        return names.firstIndex { name.elementsEqual($0.utf8) }.map { $0 + 1 }
    }

    /// Seconds of the day; a leap second is allowed by the grammar.
    mutating func timeOfDay() -> Int? {
        guard let hour = number(digits: 2), skip(":"), let minute = number(digits: 2), skip(":"),
            let second = number(digits: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }
}
