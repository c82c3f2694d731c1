import FoundationEssentials

/// What the body of a request to the admin interface says, in JSON.
protocol AdminOrder: Decodable {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

extension AdminOrder {
    /// Reads a body.
    /// - Parameter body: without members that come twice (`RepeatedMember`).
    /// - Returns: nil if it is no JSON of this kind, or has a member of another name: one that is misspelt would otherwise be as
    ///   if it were not there, and an order for one site one for all.
    init?(_ body: [UInt8]) {
        // RFC 8259 §8.1: it "MUST be encoded using UTF-8". JSONDecoder takes UTF-16 and UTF-32, too, in which `RepeatedMember`
        // would see nothing: there each brace has a NUL beside it, which UTF-8 has nowhere in JSON.
        guard !body.contains(0) else { return nil }
        let data = Data(body)
        guard let members = try? JSONDecoder().decode([String: AnyValue].self, from: data) else { return nil }
        let known = CodingKeys.allCases.map(\.stringValue)
        guard members.keys.allSatisfy(known.contains), let order = try? JSONDecoder().decode(Self.self, from: data) else {
            return nil
        }
        self = order
    }
}

/// A value that is not looked at.
private struct AnyValue: Decodable {
    init(from decoder: any Decoder) {}
}
