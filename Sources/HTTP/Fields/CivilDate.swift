/// A day of the proleptic Gregorian calendar, to and from days since 1970-01-01. Both ways count years from March, so that the
/// leap day is a year's last.
package struct CivilDate: Equatable, Sendable {
    package let year: Int
    /// 1...12.
    package let month: Int
    /// 1...31; what the month does not have is taken as a day of the next one.
    package let day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    package init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fromMarch = (5 * dayOfYear + 2) / 153
        year = Int(yearOfEra + era * 400 + (fromMarch >= 10 ? 1 : 0))
        month = Int(fromMarch < 10 ? fromMarch + 3 : fromMarch - 9)
        day = Int(dayOfYear - (153 * fromMarch + 2) / 5 + 1)
    }

    package var daysSince1970: Int64 {
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = Self.floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Division that rounds down also below zero: the day of a time before 1970.
    package static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 { a >= 0 ? a / b : -((b - 1 - a) / b) }
}
