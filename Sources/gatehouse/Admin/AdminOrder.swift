import FoundationEssentials

/// What the body of a request to the admin interface says, in JSON.
protocol AdminOrder: Decodable {
    associatedtype CodingKeys: CodingKey & CaseIterable
}

extension AdminOrder {
    /// Reads a body.
    /// - Returns: nil if it is no JSON of this kind, or has a member of another name: one that is misspelt would otherwise be as
    ///   if it were not there, and an order for one site one for all.
    init?(_ body: [UInt8]) {
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
