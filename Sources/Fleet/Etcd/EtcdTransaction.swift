/// What a read is of: one key, or all that begin with a text.
enum EtcdRange {
    /// - Parameter since: only if it has this revision or a later one.
    case key(String, since: Int64 = 0)
    /// - Parameters:
    ///   - since: only what has this revision or a later one.
    ///   - most: so many entries, at most, in the order of their keys.
    ///   - after: only keys behind this one; empty: all.
    case prefix(String, since: Int64 = 0, most: Int, after: String = "")
    /// The first keys that begin with a text, without their values, which may be large.
    case keys(String, most: Int)
    /// How many keys begin with a text; none of them is read.
    case count(String)
}

/// What must hold for a change.
enum EtcdCondition {
    /// The key is of this revision; 0: it is not there.
    case isOf(String, revision: Int64)
    /// The key was made with this revision; 0: it is not there.
    case wasMade(String, revision: Int64)
}

enum EtcdChange {
    /// - Parameter lease: that it ends with; 0: none.
    case put(String, [UInt8], lease: Int64 = 0)
    case delete(String)
}

/// What has come of a transaction.
struct EtcdOutcome {
    /// Did all conditions hold, so that everything was done?
    var isDone: Bool
    /// The revision of the whole store.
    var revision: Int64
    /// What each read of the part that was performed has found, in their order.
    var found: [[EtcdEntry]]
    /// How many entries there are for each of these reads, whatever was left out.
    var counts: [Int]
    /// Was there more than a read may return?
    var isCut: Bool
}
