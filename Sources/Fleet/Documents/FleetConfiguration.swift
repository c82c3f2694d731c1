/// A configuration as the fleet keeps it.
package struct FleetConfiguration: Codable, Sendable, Equatable {
    /// Counts what was pushed: a higher one takes the place of a lower one.
    package var number: Int
    /// The configuration as `ConfigurationSource.text` writes it.
    package var text: String
    /// Its SHA-256.
    package var hash: String
    /// Whose machine has pushed it.
    package var author: String
    /// When, in seconds since 1970.
    package var time: Int64
    /// The number of the one that it takes back; nil: none.
    package var withdraws: Int?

    /// Two documents of it fit into one request to etcd, as base64.
    package static let maxBytes = 400 * 1024
    /// Keys are in the order of their numbers up to this one.
    static let maxNumber = 999_999_999_999

    package init(number: Int, text: String, hash: String, author: String, time: Int64) {
        self.number = number
        self.text = text
        self.hash = hash
        self.author = author
        self.time = time
    }
}

/// A member as others see it.
package struct FleetMemberView: Sendable, Equatable {
    /// A configuration that it does not use.
    package struct Refusal: Sendable, Equatable {
        package var number: Int
        package var reason: String
    }

    package var name: String
    /// Seconds since 1970.
    package var started: Int64
    /// The number of its keys for session tickets; 0: none.
    package var tickets: Int
    /// The number of the fleet's configuration that it uses; 0: its own file's.
    package var configuration: Int
    /// The one that it has refused; nil: none.
    package var refused: Refusal?
    /// What it does not use besides, and why.
    package var problems: [String]
    /// The machine's name; nil: it has not said.
    package var host: String?
    /// Nil: it has not said.
    package var figures: MemberFigures?
}
