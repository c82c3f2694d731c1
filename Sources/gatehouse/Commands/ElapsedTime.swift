/// How long something has lasted, for people.
enum ElapsedTime {
    /// In the two largest units: "3 d 4 h", "4 h 5 min", "5 min", "6 s".
    static func text(seconds: UInt64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return "\(days) d \(hours) h" }
        return hours > 0 ? "\(hours) h \(minutes) min" : minutes > 0 ? "\(minutes) min" : "\(seconds) s"
    }
}
