import Expressions
import HTTP

/// All routes of a site, in the order in which they are asked: whole paths, then globs and regular expressions as they are
/// written, then prefixes, the longest first. Of one path those with conditions come first. A route whose conditions do not hold
/// is passed over.
struct RouteTable: Sendable {
    /// The routes as the configuration writes them.
    let routes: [RoutePlan]
    private let exact: Group
    private let expressions: [(expression: RegularExpression, route: RoutePlan)]
    private let prefixes: Group

    /// The route that takes a request.
    struct Found {
        let route: RoutePlan
        /// Where the path goes on behind the route's prefix.
        let remainder: Int
        /// What the groups of its expression took.
        var captures: [[UInt8]] = []
    }

    /// Routes of prefixes or of whole paths, by the path.
    private struct Group: Sendable {
        let table: PathTable
        let paths: [PathPrefix]
        /// The routes of each path, those with conditions first.
        let routes: [[RoutePlan]]
        /// The one route of each path, where none has conditions; else nil.
        let only: [RoutePlan]?

        init(_ members: [(path: PathPrefix, route: RoutePlan)]) {
            var paths: [PathPrefix] = []
            var indices: [PathPrefix: Int] = [:]
            var routes: [[RoutePlan]] = []
            for (path, route) in members {
                if let known = indices[path] {
                    routes[known].append(route)
                } else {
                    indices[path] = paths.count
                    paths.append(path)
                    routes.append([route])
                }
            }
            self.paths = paths
            self.routes = routes.map { $0.filter { $0.conditions != nil } + $0.filter { $0.conditions == nil } }
            only = routes.allSatisfy { $0.count == 1 && $0[0].conditions == nil } ? routes.map { $0[0] } : nil
            table = PathTable(paths)
        }
    }

    init(_ routes: [RoutePlan]) {
        self.routes = routes
        exact = Group(
            routes.compactMap { if case .exact(let path) = $0.pattern { (path, $0) } else { nil } })
        prefixes = Group(
            routes.compactMap { if case .prefix(let path) = $0.pattern { (path, $0) } else { nil } })
        expressions = routes.compactMap { route in
            if case .expression(let expression) = route.pattern { (expression, route) } else { nil }
        }
    }

    /// - Parameter origin: who sends the request; asked only where a condition is about it.
    func route(for request: RequestHead, from origin: () -> RequestOrigin) -> Found? {
        // RFC 9110 §9.3.7: `OPTIONS *` is about a server as a whole: it goes where the whole site goes.
        if case .asterisk = request.form {
            let whole = prefixes.paths.indices.first { prefixes.paths[$0].takesEverything }
            return whole.flatMap { first(of: prefixes.routes[$0], request, origin) }.map { Found(route: $0, remainder: 0) }
        }
        if !exact.paths.isEmpty, let found = whole(request, origin) { return found }
        if !expressions.isEmpty, let found = expression(request, origin) { return found }
        let bytes = request.bytes
        if let only = prefixes.only {
            guard let found = prefixes.table.match(bytes.span, request.path) else { return nil }
            return Found(route: only[found.index], remainder: found.remainder)
        }
        for found in prefixes.table.matches(bytes.span, request.path) {
            guard let route = first(of: prefixes.routes[found.index], request, origin) else { continue }
            return Found(route: route, remainder: found.remainder)
        }
        return nil
    }

    private func first(of routes: [RoutePlan], _ request: RequestHead, _ origin: () -> RequestOrigin) -> RoutePlan? {
        routes.first { $0.conditions?.hold(for: request, from: origin) ?? true }
    }

    private func whole(_ request: RequestHead, _ origin: () -> RequestOrigin) -> Found? {
        let bytes = request.bytes
        for found in exact.table.matches(bytes.span, request.path)
        where exact.paths[found.index].matchesWhole(bytes.span, request.path) {
            guard let route = first(of: exact.routes[found.index], request, origin) else { continue }
            return Found(route: route, remainder: found.remainder)
        }
        return nil
    }

    private func expression(_ request: RequestHead, _ origin: () -> RequestOrigin) -> Found? {
        let path = ComparedPath.bytes(request.bytes.span, request.path)
        for (expression, route) in expressions {
            guard let groups = expression.match(path), first(of: [route], request, origin) != nil else { continue }
            return Found(
                route: route, remainder: request.path.upperBound, captures: groups.map { $0.map { Array(path[$0]) } ?? [] })
        }
        return nil
    }
}
