/// The configurations that were in use, the newest first.
struct AdminHistory: Codable, Sendable {
    struct Entry: Codable, Sendable {
        /// SHA-256 of the file, in hexadecimal.
        var hash: String
        /// When it came into use last, in RFC 3339.
        var time: String
        var file: String
        var isCurrent: Bool
        /// Why it cannot be used; nil if it can.
        var problem: String?
    }

    /// The state directory's.
    var directory: String
    var entries: [Entry]
    /// Why the last one could not be kept; nil if it could, or if none is to be kept.
    var problem: String?
}

/// What to go back to.
struct AdminRollback: Codable, AdminOrder, Sendable {
    enum CodingKeys: String, CodingKey, CaseIterable { case hash }

    /// The beginning of the hash.
    var hash: String
}
