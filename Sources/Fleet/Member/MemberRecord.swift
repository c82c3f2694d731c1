/// What a member tells of itself.
struct MemberRecord: Codable, Equatable, Sendable {
    var member: String
    /// Seconds since 1970.
    var started: Int64
    /// The number of the keys for session tickets that it uses; 0: none.
    var tickets: Int
    /// Does it take up certificates and proofs?
    var follows: Bool
    /// The revision of the proofs that it shows; 0: none.
    var proofs: Int64
    /// The number of the fleet's configuration that it uses; 0: its own file's.
    var configuration: Int
    /// The number of the one that it has refused, and why; 0 and nil: none.
    var refused: Int
    var refusal: String?
    /// What it does not use, and why.
    var problems: [String]
}
