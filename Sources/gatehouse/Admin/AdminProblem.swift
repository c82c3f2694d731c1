import Configuration
import EventLoop
import Gateway

/// A problem document (RFC 9457), with every reason if there are several.
struct AdminProblem: Codable, Sendable {
    var title: String
    var status: Int
    var problems: [AdminRemark]?
}

/// Something to say about a configuration, at its place.
struct AdminRemark: Codable, Sendable {
    /// `error`, `warning` or `note`.
    var severity: String
    var file: String
    /// The line in the file, from 1.
    var line: Int
    var column: Int
    /// Empty if it is the whole file's.
    var key: String
    var message: String
    var help: String?
    /// All of it, as a compiler would write it.
    var text: String

    init(_ problem: Problem) {
        severity = problem.severity.rawValue
        file = problem.location.file
        line = problem.location.line
        column = problem.location.column
        key = problem.keyPath
        message = problem.message
        help = problem.hint
        text = problem.description
    }
}
