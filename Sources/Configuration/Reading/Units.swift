/// Texts with a unit.
enum Units {
    /// A year. Longer waits are mistakes, and would overflow timers.
    static let maxSeconds = 31_536_000.0
    static let sizeHint = "a number of bytes, or a number with B, KB, MB or GB (1 KB is 1024 bytes)"
    static let durationHint = "a number of seconds, or a number with ms, s, m, h or d"

    /// `"32KB"` in bytes; nil if it is no size. Units count by 1024, in any case, with or without the `B` or `iB`.
    static func bytes(_ text: String) -> Int? {
        guard let (digits, unit) = split(text), !digits.contains("."), let number = Int(digits) else { return nil }
        let factor: Int
        switch unit.lowercased() {
        case "", "b": factor = 1
        case "k", "kb", "kib": factor = 1 << 10
        case "m", "mb", "mib": factor = 1 << 20
        case "g", "gb", "gib": factor = 1 << 30
        default: return nil
        }
        let (size, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : size
    }

    /// `"1.5s"` in seconds; nil if it is no duration.
    static func seconds(_ text: String) -> Double? {
        guard let (digits, unit) = split(text), let number = Double(String(digits)) else { return nil }
        switch unit {
        case "ms": return number / 1000
        case "", "s": return number
        case "m", "min": return number * 60
        case "h": return number * 3600
        case "d": return number * 86_400
        default: return nil
        }
    }

    /// `"32 KB"` as `32` and `KB`: digits with at most one dot among them, then the unit.
    private static func split(_ text: String) -> (digits: Substring, unit: Substring)? {
        let digits = text.prefix { ("0"..."9").contains($0) || $0 == "." }
        let isNumber = digits.count(where: { $0 == "." }) <= 1 && digits.first != "." && digits.last != "."
        guard isNumber, !digits.isEmpty, digits.count <= 18 else { return nil }
        return (digits, text.dropFirst(digits.count).drop { $0 == " " })
    }
}
