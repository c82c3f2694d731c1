/// A content coding that a file can be sent in.
enum ContentEncoding: Equatable {
    case identity
    case gzip
}

/// The client's wishes about content codings (RFC 9110 §12.5.3). Weights are thousandths; nil: not said.
struct AcceptEncoding: Equatable {
    private(set) var gzip: Int?
    private(set) var identity: Int?
    private var any: Int?

    /// An element that cannot be read is left out; of two for one coding, the first counts.
    init(_ field: [UInt8]) {
        for element in field.split(separator: UInt8(ascii: ",")) {
            guard let (coding, weight) = Self.parse(element) else { continue }
            switch coding {
            // RFC 9110 §8.4.1.3: x-gzip is the same.
            case "gzip", "x-gzip": gzip = gzip ?? weight
            case "identity": identity = identity ?? weight
            case "*": any = any ?? weight
            default: continue
            }
        }
    }

    /// gzip, if it is acceptable and nothing says that the plain form is liked better.
    var prefersGzip: Bool {
        let wish = gzip ?? any ?? 0
        return wish > 0 && wish >= identity ?? 0
    }

    /// Whether the plain form was refused: `identity;q=0`, or `*;q=0` without a word on identity.
    var refusesIdentity: Bool {
        (identity ?? any) == 0
    }

    /// The coding in lower case, and its weight: 1 unless `;q=` says otherwise.
    private static func parse(_ element: ArraySlice<UInt8>) -> (String, Int)? {
        let bytes = element.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        let parts = bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let coding = parts.first, !coding.isEmpty, coding.count <= 16, parts.count <= 2 else { return nil }
        let name = String(decoding: coding.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
        guard parts.count == 2 else { return (name, 1000) }
        guard parts[1].count >= 3, parts[1].first.map({ $0 | 0x20 }) == UInt8(ascii: "q"),
            parts[1].dropFirst().first == UInt8(ascii: "="),
            let weight = weight(parts[1].dropFirst(2))
        else { return nil }
        return (name, weight)
    }

    /// RFC 9110 §12.4.2: "0" or "1", and up to three decimals; never above 1.
    private static func weight(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.dropFirst(min(2, text.count))
        guard let whole = text.first, whole == UInt8(ascii: "0") || whole == UInt8(ascii: "1"),
            text.count == 1 || text.dropFirst().first == UInt8(ascii: "."), digits.count <= 3
        else { return nil }
        var value = whole == UInt8(ascii: "1") ? 1000 : 0
        var scale = 100
        for digit in digits {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { return nil }
            value += Int(digit - UInt8(ascii: "0")) * scale
            scale /= 10
        }
        return value <= 1000 ? value : nil
    }
}
