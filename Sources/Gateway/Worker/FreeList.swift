/// Objects to be used again, of which nobody needs any at the moment: a worker's.
final class FreeList<Object: AnyObject> {
    private var objects: [Object] = []
    private let limit: Int

    /// - Parameter limit: more than these are not kept: a burst must not hold memory for ever.
    init(keeping limit: Int) {
        self.limit = limit
    }

    // Price 1: the list is taken out and put back.

    /// One of them, if there is any: the last one that was put back.
    func take() -> Object? {
        var lent = exchange(&objects, with: [])
        defer { objects = lent }
        return lent.popLast()
    }

    /// Puts one back, or drops it.
    func put(_ object: consuming Object) {
        var lent = exchange(&objects, with: [])
        defer { objects = lent }
        if lent.count < limit { lent.append(object) }
    }
}
