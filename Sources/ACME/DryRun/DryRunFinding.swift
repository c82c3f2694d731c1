/// One thing that was looked at before a certificate is asked for.
package struct DryRunFinding: Codable, Sendable, Equatable {
    /// What was looked at.
    package enum Subject: String, Codable, Sendable {
        /// The state directory, and what is known of the certificate there.
        case state
        case authority
        case dns
        /// Whether the name's addresses can be reached, from here.
        case reach
        /// Who may issue for the name (RFC 8659).
        case caa
        /// What proves the name.
        case challenge
    }

    /// What was found.
    package enum Result: String, Codable, Sendable {
        case good
        /// It may be right or wrong: that cannot be known from here.
        case unknown
        /// The order will fail.
        case bad
    }

    package var subject: Subject
    /// The name that it is about; nil: about all.
    package var name: String?
    package var result: Result
    package var words: String
    /// What to do.
    package var help: String?

    init(_ subject: Subject, of name: String? = nil, _ result: Result, _ words: String, help: String? = nil) {
        self.subject = subject
        self.name = name
        self.result = result
        self.words = words
        self.help = help
    }

    /// An array of them, in JSON.
    package static func json(_ findings: [DryRunFinding]) -> String {
        String(decoding: (try? JSON.pretty(findings))?.dropLast() ?? [], as: UTF8.self)
    }
}
