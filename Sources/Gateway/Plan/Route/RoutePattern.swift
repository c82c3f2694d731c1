import Expressions
import HTTP

/// Which paths a route takes.
enum RoutePattern: Sendable {
    case prefix(PathPrefix)
    case exact(PathPrefix)
    /// A glob or a regular expression.
    case expression(RegularExpression)

    /// Nil for an expression.
    var path: PathPrefix? {
        switch self {
        case .prefix(let path), .exact(let path): path
        case .expression: nil
        }
    }

    /// The names of its groups, which `{1}` and so on stand for.
    var groups: [String?] { if case .expression(let expression) = self { expression.groups } else { [] } }
}
