/// Stored answers that all members are to forget.
package struct FleetPurge: Codable, Sendable, Equatable {
    /// nil: of every site.
    package var site: String?
    /// Authority, path and query; nil: all.
    package var target: String?
    /// Are those meant that begin so?
    package var isPrefix: Bool

    package init(site: String?, target: String?, isPrefix: Bool) {
        (self.site, self.target, self.isPrefix) = (site, target, isPrefix)
    }

    /// What is done by who cannot know what it has missed.
    static let everything = FleetPurge(site: nil, target: nil, isPrefix: false)
}

/// How many there have been: who finds one of them gone has missed it.
struct FleetPurges: Codable, Equatable, Sendable {
    var last: Int

    /// How many are kept, and for how many seconds each.
    static let maxKept = 1000
    static let lifetime: Int64 = 3600
}
