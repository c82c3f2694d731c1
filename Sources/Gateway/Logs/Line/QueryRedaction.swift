import HTTP

/// Takes the values of some parameters out of a target, or of a `Referer`, before they are written down, and always a name and a
/// password that stand before a host.
struct QueryRedaction: Sendable, Equatable {
    /// The names of the parameters whose values are left out, in lower case.
    private let names: [[UInt8]]
    /// What stands in place of a value.
    private static let mark: [UInt8] = [0x2D]

    /// - Parameter names: of parameters, compared without case.
    init(_ names: [String]) {
        self.names = names.map { Array($0.lowercased().utf8) }
    }

    /// No parameter's value is taken out.
    var isEmpty: Bool { names.isEmpty }

    /// The same text with `-` in place of what is to be left out.
    ///
    /// A name counts however it is spelt: an application decodes `%74oken` as `token`, so its value is as secret. `;` parts
    /// parameters as `&` does, since some applications read it so. Of `user[token]`, which PHP and Rails read as a table, each
    /// part is a name; blanks around one are not of it, as PHP reads `+token`.
    func redacted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let text = Self.withoutUser(text)
        guard !names.isEmpty, let question = text.firstIndex(of: UInt8(ascii: "?")) else { return text }
        var out = Array(text[...question])
        var rest = text[(question + 1)...]
        while !rest.isEmpty {
            let end =
                rest.firstIndex { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
            let pair = rest[..<end]
            if let equals = pair.firstIndex(of: UInt8(ascii: "=")), isLeftOut(Self.decoded(pair[..<equals])) {
                out += pair[...equals] + Self.mark
            } else {
                out += pair
            }
            guard end < rest.endIndex else { break }
            out.append(rest[end])
            rest = rest[(end + 1)...]
        }
        return out[...]
    }

    /// The same text with `-` in place of the name and the password that stand before a host (RFC 3986 §3.2.1). Nobody may send
    /// them (RFC 9110 §4.2.4, §10.1.3), but some do.
    /// - Parameter text: a URL, a request's target, or a host alone.
    static func withoutUser(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let user = user(in: text) else { return text }
        var out = Array(text[..<user.lowerBound])
        out += mark
        out += text[user.upperBound...]
        return out[...]
    }

    private static func user(in text: ArraySlice<UInt8>) -> Range<Int>? {
        let slash = UInt8(ascii: "/")
        guard let first = text.first, first != slash else { return nil }
        var start = text.startIndex
        if let end = text.firstIndex(of: slash), text[end - 1] == UInt8(ascii: ":"), text[end...].starts(with: [slash, slash]) {
            start = end + 2
        }
        let end = text[start...].firstIndex { $0 == slash || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        guard let at = text[start..<(end ?? text.endIndex)].lastIndex(of: UInt8(ascii: "@")) else { return nil }
        return start..<at
    }

    /// - Parameter name: decoded, in lower case.
    private func isLeftOut(_ name: [UInt8]) -> Bool {
        if names.contains(name) { return true }
        let parts = name.split { $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "]") }
        return parts.contains { part in
            let start = part.firstIndex { $0 != 0x20 } ?? part.endIndex
            let end = part.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? part.startIndex
            return start < end && names.contains(Array(part[start..<end]))
        }
    }

    /// The name decoded, in lower case, with `+` read as a blank, as forms write it.
    private static func decoded(_ name: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var index = name.startIndex
        while index < name.endIndex {
            var byte = name[index]
            if byte == UInt8(ascii: "%"), name.endIndex - index > 2, let high = hex(name[index + 1]),
                let low = hex(name[index + 2])
            {
                byte = high << 4 | low
                index += 2
            } else if byte == UInt8(ascii: "+") {
                byte = 0x20
            }
            decoded.append(ByteClass.lowerCase(byte))
            index += 1
        }
        return decoded
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
