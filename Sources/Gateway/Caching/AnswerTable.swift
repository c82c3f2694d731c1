import HTTP

/// One form of a target's answer, as it is found: in memory or on disk.
protocol StoredForm: AnyObject {
    var key: CacheKey { get }
    var varying: VaryingFields { get }
    /// The values of the request that the answer was made for.
    var values: [UInt8] { get }
    /// Bytes that it takes.
    var cost: Int { get }
}

extension StoredForm {
    /// Is it the answer that this request would get (RFC 9111 §4.1)?
    func suits(_ asked: borrowing SelectingFields) -> Bool { asked.values(of: varying) == values }
}

/// Stored answers by their targets, and which was used last: each step costs the same however many there are.
struct AnswerTable<Form: StoredForm> {
    /// Forms of one target that are kept: who asks in ever new ways must not fill the cache with one page.
    static var maxVariants: Int { 16 }

    private var slots: [Form?] = []
    private var free: [Int] = []
    private var recency = RecencyList()
    /// The slots of each target's variants.
    private var indices: [CacheKey: [Int]] = [:]
    /// What all of them cost.
    private(set) var bytes = 0

    var count: Int { slots.count - free.count }

    // MARK: Finding

    /// The form that suits a request; it has been used then.
    mutating func find(_ key: CacheKey, _ asked: borrowing SelectingFields) -> Form? {
        guard let variants = indices[key] else { return nil }
        // Most targets have one form.
        if variants.count == 1 {
            guard let form = slots[variants[0]], form.suits(asked) else { return nil }
            recency.touch(variants[0])
            return form
        }
        var known: (varying: VaryingFields, values: [UInt8])?
        // The newest of those that suit, RFC 9111 §4: what a target's answers depend on may change.
        for index in variants.reversed() {
            guard let form = slots[index] else { continue }
            // Most forms of a target depend on the same fields.
            let values = known.flatMap { $0.varying == form.varying ? $0.values : nil } ?? asked.values(of: form.varying)
            known = (form.varying, values)
            guard values == form.values else { continue }
            recency.touch(index)
            return form
        }
        return nil
    }

    /// Is there any form of the target?
    func has(_ key: CacheKey) -> Bool { indices[key] != nil }

    func forms(of key: CacheKey) -> [Form] { (indices[key] ?? []).compactMap { slots[$0] } }

    func contains(_ form: Form) -> Bool { index(of: form) != nil }

    /// A form that was found has been used.
    mutating func use(_ form: Form) {
        if let index = index(of: form) { recency.touch(index) }
    }

    private func index(of form: Form) -> Int? { indices[form.key]?.first { slots[$0] === form } }

    private func index(like form: Form) -> Int? {
        indices[form.key]?.first { index in
            slots[index].map { $0.varying == form.varying && $0.values == form.values } ?? false
        }
    }

    // MARK: Changing

    /// Adds a form whose like is not there.
    /// - Returns: another form of the target that has made room for it.
    @discardableResult
    mutating func insert(_ form: Form) -> Form? {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(form) } else { slots[index] = form }
        recency.insert(index)
        bytes += form.cost
        indices[form.key, default: []].append(index)
        guard let variants = indices[form.key], variants.count > Self.maxVariants, let first = variants.first else { return nil }
        return remove(at: first)
    }

    /// Removes the form that answers the same requests.
    @discardableResult
    mutating func remove(like form: Form) -> Form? {
        index(like: form).flatMap { remove(at: $0) }
    }

    /// - Returns: was it there?
    @discardableResult
    mutating func remove(_ form: Form) -> Bool { index(of: form).flatMap { remove(at: $0) } != nil }

    /// Removes what was not used for the longest time.
    mutating func removeOldest() -> Form? { recency.oldest.flatMap { remove(at: $0) } }

    /// Removes all forms of a target.
    @discardableResult
    mutating func removeAll(of key: CacheKey) -> [Form] { (indices[key] ?? []).compactMap { remove(at: $0) } }

    /// Removes all forms of the targets that `isMeant`.
    mutating func removeAll(where isMeant: (CacheKey) -> Bool) -> [Form] {
        Array(indices.keys).filter(isMeant).flatMap { removeAll(of: $0) }
    }

    private mutating func remove(at index: Int) -> Form? {
        guard let form = slots[index] else { return nil }
        slots[index] = nil
        free.append(index)
        recency.remove(index)
        bytes -= form.cost
        indices[form.key]?.removeAll { $0 == index }
        if indices[form.key]?.isEmpty == true { indices[form.key] = nil }
        return form
    }
}
