/// How far a member has come with the fleet's purges.
struct PurgeProgress {
    /// The number of the last one that was carried out; nil: it is not known.
    private(set) var last: Int?

    /// What is to be done.
    enum Step: Equatable {
        case nothing
        /// Only to be noted: what was purged before it was a member is not its affair.
        case note
        /// Those after this number are to be carried out.
        case carryOut(after: Int)
    }

    /// - Parameter text: what was kept of it on the disk, if anything.
    mutating func resume(from text: [UInt8]?) { last = text.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }

    /// - Parameter newest: the number of the newest one that there is; 0: none.
    func step(to newest: Int) -> Step {
        guard let last, last <= newest else { return .note }
        return last < newest ? .carryOut(after: last) : .nothing
    }

    /// All up to this number are carried out, or not this member's affair.
    /// - Returns: the text to keep on the disk; nil: it is there.
    mutating func note(_ number: Int) -> [UInt8]? {
        guard number != last else { return nil }
        last = number
        return Array("\(number)".utf8)
    }
}
