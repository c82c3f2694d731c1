import ACME

/// Which names a site's certificates on demand may be for.
extension CertificateDemand.Settings {
    /// Is it a host name that the configuration allows? What clients send can be anything.
    func allows(_ name: String) -> Bool {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            name.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { 0x61...0x7A ~= $0 || 0x30...0x39 ~= $0 || $0 == 0x2D }
            } && labels.last?.first?.isNumber == false
        guard isName, !template.authority.isLocal || LocalNames.contain(name) else { return false }
        if own.contains(name) { return true }
        return patterns.isEmpty ? labels.count > 1 : patterns.contains { Self.matches(labels, $0) }
    }

    /// Label by label: an asterisk is any part of one.
    static func matches(_ labels: [Substring], _ pattern: String) -> Bool {
        let patterns = pattern.split(separator: ".", omittingEmptySubsequences: false)
        guard patterns.count == labels.count else { return false }
        return zip(labels, patterns).allSatisfy { label, pattern in
            let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
            guard parts.count > 1, let first = parts.first, let last = parts.last else { return label == pattern }
            guard label.count >= first.count + last.count, label.hasPrefix(first), label.hasSuffix(last) else { return false }
            var rest = label.dropFirst(first.count).dropLast(last.count)
            for part in parts.dropFirst().dropLast() where !part.isEmpty {
                guard let found = rest.firstRange(of: part) else { return false }
                rest = rest[found.upperBound...]
            }
            return true
        }
    }
}
