import Expressions
import HTTP

/// Why each route of a site takes a request, or does not.
extension RouteTable {
    struct Step {
        let route: RoutePlan
        let isTaken: Bool
        let why: String
    }

    /// The routes in the order in which they are asked.
    /// - Parameter taken: the one that takes the request; nil if none does.
    func trace(_ request: RequestHead, from origin: () -> RequestOrigin, taken: RoutePlan?) -> [Step] {
        var isTaken = false
        return ordered.map { route in
            if route === taken {
                isTaken = true
                return Step(
                    route: route, isTaken: true, why: route.conditions == nil ? "the path matches" : "path and conditions match")
            }
            if !route.pattern.matches(request) { return Step(route: route, isTaken: false, why: "the path does not match") }
            if let failing = route.conditions?.failure(for: request, from: origin) {
                return Step(route: route, isTaken: false, why: "the path matches, but not \(failing)")
            }
            return Step(
                route: route, isTaken: false,
                why: isTaken ? "would match, but one before it is taken" : "would match, but the site answers before its routes")
        }
    }

    /// The routes in the order in which `route(for:from:)` asks them; docs/routing.md has the order.
    private var ordered: [RoutePlan] {
        func rank(_ route: RoutePlan) -> Int {
            switch route.pattern {
            case .exact: 0
            case .expression: 1
            case .prefix: 2
            }
        }
        return routes.enumerated().sorted { first, second in
            let (a, b) = (first.element, second.element)
            if rank(a) != rank(b) { return rank(a) < rank(b) }
            if rank(a) == 2, a.text.utf8.count != b.text.utf8.count { return a.text.utf8.count > b.text.utf8.count }
            if rank(a) != 1, a.text == b.text, (a.conditions == nil) != (b.conditions == nil) { return b.conditions == nil }
            return first.offset < second.offset
        }.map(\.element)
    }
}

extension RoutePattern {
    fileprivate func matches(_ request: RequestHead) -> Bool {
        let bytes = request.fields.bytes
        switch self {
        case .exact(let path): return path.matchesWhole(bytes.span, request.path)
        case .prefix(let path):
            return request.form == .asterisk ? path.takesEverything : path.match(bytes.span, request.path) != nil
        case .expression(let expression):
            return request.form != .asterisk && expression.match(ComparedPath.bytes(bytes.span, request.path)) != nil
        }
    }
}
