import Configuration

/// The sites behind one address and port, by their indices.
struct ListenerMembers: Equatable {
    /// In the order of the configuration; at least one.
    let indices: [Int]
    /// The one whose settings the listener has.
    let first: Int
    /// The one that answers for all names that no site has.
    let fallback: Int

    /// The members of each listener that sites have, in the order of the first ones.
    static func all(of sites: [Site]) -> [ListenerMembers] {
        var order: [String] = []
        var members: [String: [Int]] = [:]
        for (index, site) in sites.enumerated() {
            let key = "\(site.listen) \(site.port)"
            if members[key] == nil { order.append(key) }
            members[key, default: []].append(index)
        }
        return order.compactMap { key in
            guard let indices = members[key], let first = indices.first else { return nil }
            return ListenerMembers(indices: indices, first: first, fallback: indices.first { sites[$0].isDefault } ?? first)
        }
    }
}
