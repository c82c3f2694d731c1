package import ACME

/// Where etcd is, and who we are to it.
package struct EtcdSettings: Sendable, Equatable {
    /// Without a path; one or more.
    package var endpoints: [ServiceURL]
    /// PEM file of the authorities to trust; nil: the system's.
    package var caFile: String?
    /// Our certificate, and its key; nil: none is shown.
    package var certFile: String?
    package var keyFile: String?
    /// Who we are, and the file of the password; nil: etcd asks for neither.
    package var user: String?
    package var passwordFile: String?

    package init(endpoints: [ServiceURL]) { self.endpoints = endpoints }
}

/// Why etcd has not done what was asked.
enum EtcdError: Error, CustomStringConvertible {
    /// By no endpoint: why not by the last one.
    case unreachable(String)
    /// It says no: its number (google.rpc.Code) and words.
    case refused(Int, String)
    /// Its answer is none of etcd's.
    case malformed(String)
    /// The password's file cannot be used.
    case settings(String)
    case stopped

    var description: String {
        switch self {
        case .unreachable(let reason): "etcd cannot be reached: \(reason)"
        case .refused(let code, let reason): "etcd refuses (\(code)): \(reason)"
        case .malformed(let reason): "the answer is not etcd's: \(reason)"
        case .settings(let reason): reason
        case .stopped: "stopped"
        }
    }
}

/// One key as etcd has it.
struct EtcdEntry: Equatable {
    var key: String
    var value: [UInt8]
    /// The revision that it is of.
    var revision: Int64
    /// The revision that it was made with.
    var created: Int64
    /// That it ends with; 0: none.
    var lease: Int64 = 0
}

/// What a read is of: one key, or all that begin with a text.
enum EtcdRange {
    /// - Parameter since: only if it has this revision or a later one.
    case key(String, since: Int64 = 0)
    /// - Parameters:
    ///   - since: only what has this revision or a later one.
    ///   - most: so many entries, at most, in the order of their keys.
    ///   - after: only keys behind this one; empty: all.
    case prefix(String, since: Int64 = 0, most: Int, after: String = "")
    /// Of all that begin with a text it is told how many there are, and none of them.
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
    /// Of the whole store.
    var revision: Int64
    /// For each read of the part that was performed, in their order.
    var found: [[EtcdEntry]]
    /// For each of these reads, how many entries there are, whatever was left out.
    var counts: [Int]
    /// Was there more than a read may return?
    var isCut: Bool
}
