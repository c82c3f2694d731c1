/// What a member tells of itself.
struct MemberRecord: Codable, Equatable, Sendable {
    var member: String
    /// Seconds since 1970.
    var started: Int64
    /// The number of the keys for session tickets that it uses; 0: none.
    var tickets: Int
    /// What it does not use, and why.
    var problems: [String]
}
