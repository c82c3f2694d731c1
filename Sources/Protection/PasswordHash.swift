/// Forms in which a password may be stored: those that are made to be slow, and Apache's MD5, htpasswd(1)'s own.
enum PasswordHash {
    /// Why a text is none that a password is held against; nil if it is one.
    static func fault(in text: String) -> String? {
        let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false).map { String(Substring($0)) }
        guard parts.count >= 3, parts[0].isEmpty else { return "is no hash that protects: \(advice)" }
        switch parts[1] {
        case "2y", "2b", "2a": return bcrypt(parts)
        case "apr1":
            guard parts.count == 4, isText(parts[2], 1...8), isText(parts[3], 22...22) else { return "is no whole apr1 hash" }
        case "5": return shaCrypt(parts, length: 43)
        case "6": return shaCrypt(parts, length: 86)
        default: return "is of the form \"$\(parts[1])$\", which is not known here: \(advice)"
        }
        return nil
    }

    private static let advice = "write it with htpasswd -B, or openssl passwd -6"
    /// A second and more for each attempt would be of more use to an attacker than to anybody.
    private static let costs = 4...14
    private static let rounds = 1000...1_000_000

    private static func bcrypt(_ parts: [String]) -> String? {
        guard parts.count == 4, parts[2].utf8.count == 2, parts[2].first != "+", let cost = Int(parts[2]),
            isText(parts[3], 53...53)
        else {
            return "is no whole bcrypt hash"
        }
        return costs.contains(cost) ? nil : "has a bcrypt cost of \(cost): \(costs.lowerBound) to \(costs.upperBound) are taken"
    }

    private static func shaCrypt(_ parts: [String], length: Int) -> String? {
        var rest = parts.dropFirst(2)
        if let first = rest.first, first.hasPrefix("rounds=") {
            // crypt(5): without zeros before it.
            guard let count = Int(first.dropFirst(7)), rounds.contains(count), first == "rounds=\(count)" else {
                return "has other than \(rounds.lowerBound) to \(rounds.upperBound) rounds"
            }
            rest = rest.dropFirst()
        }
        guard rest.count == 2, let salt = rest.first, let hash = rest.last, isSalt(salt), isText(hash, length...length)
        else { return "is no whole SHA-crypt hash" }
        return nil
    }

    /// crypt(5): with any other character no password would ever be right.
    private static func isSalt(_ text: String) -> Bool {
        text.utf8.count <= 16 && text.utf8.allSatisfy { 0x21...0x7E ~= $0 && !"!*:;\\".utf8.contains($0) }
    }

    private static func isText(_ text: String, _ counts: ClosedRange<Int>) -> Bool {
        counts.contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: ".")...UInt8(ascii: "9"):
                    true
                default: false
                }
            }
    }
}
