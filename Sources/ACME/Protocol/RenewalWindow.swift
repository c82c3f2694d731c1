import HTTP

/// When an authority wants a certificate renewed (RFC 9773 §4.2).
struct RenewalWindow: Equatable, Sendable {
    /// Seconds since 1970; the end is later than the start.
    var start: Int64
    var end: Int64
    /// Where it says why, for people; nil: nowhere.
    var explanation: String?

    private struct Resource: Decodable {
        struct Window: Decodable {
            var start: String
            var end: String
        }

        var suggestedWindow: Window
        var explanationURL: String?
    }

    /// - Parameter json: what the authority answers.
    /// - Returns: nil if it is no such window. RFC 9773 §4.2: one that does not end after its start counts for nothing.
    init?(json: [UInt8]) {
        guard let resource = JSON.decode(Resource.self, json),
            let start = Self.seconds(resource.suggestedWindow.start), let end = Self.seconds(resource.suggestedWindow.end),
            start < end
        else { return nil }
        self.start = start
        self.end = end
        explanation = resource.explanationURL.map { String($0.prefix(500)) }
    }

    /// A moment as RFC 3339 §5.6 writes it, in seconds since 1970, fractions cut off; nil if it is none.
    static func seconds(_ text: String) -> Int64? {
        let bytes = Array(text.uppercased().utf8)
        func number(_ start: Int, _ count: Int, _ range: ClosedRange<Int>) -> Int? {
            guard start + count <= bytes.count, bytes[start..<start + count].allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
            let value = bytes[start..<start + count].reduce(0) { $0 * 10 + Int($1 - 0x30) }
            return range.contains(value) ? value : nil
        }
        guard bytes.count >= 20, [bytes[4], bytes[7], bytes[13], bytes[16]] == Array("--::".utf8),
            bytes[10] == 0x54 || bytes[10] == 0x20, let year = number(0, 4, 1970...9999), let month = number(5, 2, 1...12),
            let day = number(8, 2, 1...31),
            let hour = number(11, 2, 0...23), let minute = number(14, 2, 0...59), let second = number(17, 2, 0...60)
        else { return nil }
        let midnight = CivilDate(year: year, month: month, day: day).daysSince1970
        // The 31st of a month that has 30 days is another day.
        guard CivilDate(daysSince1970: midnight).day == day else { return nil }
        var next = 19
        if bytes[next] == 0x2E {
            next += 1
            while next < bytes.count, 0x30...0x39 ~= bytes[next] { next += 1 }
        }
        var offset = 0
        if bytes.dropFirst(next) != [0x5A] {
            guard bytes.count == next + 6, bytes[next] == 0x2B || bytes[next] == 0x2D, bytes[next + 3] == 0x3A,
                let hours = number(next + 1, 2, 0...23), let minutes = number(next + 4, 2, 0...59)
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[next] == 0x2B ? 60 : -60)
        }
        return Int64(midnight) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
    }
}
