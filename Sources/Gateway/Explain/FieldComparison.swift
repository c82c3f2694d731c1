import Configuration
import HTTP

/// What becomes of a request's fields on their way to the upstream, by comparing both heads.
struct FieldComparison {
    struct Line {
        let name: String
        let value: String
        fileprivate var lowercased: String { name.lowercased() }
    }

    private let causes: FieldCauses
    private let came: [Line]
    private let sent: [Line]

    /// - Parameters:
    ///   - came: what the client sends.
    ///   - head: as the upstream gets it.
    init(_ came: [Line], _ head: [UInt8], causes: FieldCauses) {
        self.causes = causes
        self.came = came
        sent = Self.lines(head).dropFirst().compactMap { line in
            line.firstIndex(of: ":").map { colon in
                Line(name: String(line[..<colon]), value: String(line[line.index(after: colon)...].drop { $0 == " " }))
            }
        }
    }

    /// The fields of a request as they are now.
    static func lines(of request: RequestHead) -> [Line] {
        request.fields.lines.map { Line(name: request.string($0.name), value: request.string($0.value)) }
    }

    /// The first line of a head.
    static func requestLine(_ head: [UInt8]) -> String { lines(head).first ?? "" }

    private static func lines(_ head: [UInt8]) -> [String] {
        head.split(separator: 10).map { String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self) }.filter {
            !$0.isEmpty
        }
    }

    /// The fields in the order in which they are sent; those that are not, at the end.
    var fields: [Explanation.Field] {
        var rest = came
        var fields: [Explanation.Field] = []
        for line in sent {
            let name = line.lowercased
            let same = rest.firstIndex { $0.lowercased == name && $0.value == line.value }
            let other = rest.firstIndex { $0.lowercased == name }
            if let found = same ?? other {
                let was = rest.remove(at: found)
                let isKept = was.value == line.value
                fields.append(field(line.name, isKept ? .kept : .changed, was: was.value, value: line.value))
            } else {
                fields.append(field(line.name, .added, was: nil, value: line.value))
            }
        }
        return fields + rest.map { field($0.name, .removed, was: $0.value, value: nil) }
    }

    private func field(_ name: String, _ change: Explanation.Field.Change, was: String?, value: String?) -> Explanation.Field {
        var field = Explanation.Field(name: name, change: change, was: was, value: value)
        guard change != .kept else { return field }
        let cause = causes.cause(of: name.lowercased(), isSent: value != nil)
        (field.why, field.key, field.at) = (cause.why, cause.key, cause.at)
        if cause.hasValue { field.value = value.map { MaskedConfiguration.fieldValue(name, $0) } }
        return field
    }
}
