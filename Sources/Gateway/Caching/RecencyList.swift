/// Which of many indices was used last, and which was not for the longest time: a list over numbers, each step of which costs the
/// same however long it is.
struct RecencyList {
    private struct Link {
        var earlier: Int
        var later: Int
    }

    private static let none = -1
    private var links: [Link] = []
    /// Used last.
    private var newest = RecencyList.none
    /// Not used for the longest time; nil of an empty list.
    var oldest: Int? { last == Self.none ? nil : last }
    private var last = RecencyList.none

    /// One that is not in the list has been used.
    mutating func insert(_ index: Int) {
        while links.count <= index { links.append(Link(earlier: Self.none, later: Self.none)) }
        links[index] = Link(earlier: newest, later: Self.none)
        if newest != Self.none { links[newest].later = index }
        newest = index
        if last == Self.none { last = index }
    }

    /// Takes one out that is in the list.
    mutating func remove(_ index: Int) {
        let link = links[index]
        if link.later == Self.none { newest = link.earlier } else { links[link.later].earlier = link.earlier }
        if link.earlier == Self.none { last = link.later } else { links[link.earlier].later = link.later }
    }

    /// One that is in the list has been used.
    mutating func touch(_ index: Int) {
        guard index != newest else { return }
        remove(index)
        insert(index)
    }
}
