import Configuration
import HTTP
import Testing
import Upstreams

@testable import Gateway

/// Plans of a few lines of configuration each.
enum Plans {
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// A site on a free port of the loopback, with its pools and routes.
    /// - Parameters:
    ///   - pools: each server's pool, URL and further keys, in their order.
    ///   - routes: path, pool, and further keys; everything to the first pool if empty.
    ///   - proxy: further tables below `[sites.proxy]`.
    ///   - top: tables before the site.
    static func site(
        _ pools: [(name: String, url: String, keys: String)], routes: [(path: String, pool: String, keys: String)] = [],
        proxy: String = "", site: String = "", top: String = ""
    ) -> String {
        let routes = routes.isEmpty ? [(path: "/", pool: pools.first?.name ?? "", keys: "")] : routes
        let upstreamTables = pools.map { pool in
            "[[sites.proxy.upstreams]]\nname = \"\(pool.name)\"\nurl = \"\(pool.url)\"\n\(pool.keys)\n"
        }
        let routeTables = routes.map { route in
            "[[sites.proxy.routes]]\npath = \"\(route.path)\"\nupstream = \"\(route.pool)\"\n\(route.keys)\n"
        }
        // A machine that is slow because many tests run at once must not look like a client that is slow.
        let patience = top.contains("[limits]") ? "" : "[limits]\nhead_timeout = 600\nkeep_alive_timeout = 600\n"
        return """
            [logging]
            access_log = "none"
            \(patience)\(top)
            [[sites]]
            hostname = "localhost"
            listen = "127.0.0.1"
            port = 80
            \(site)
            [sites.proxy]
            enabled = true
            \(proxy)
            \(upstreamTables.joined())
            \(routeTables.joined())
            """
    }

    /// - Parameter previous: the plan in use.
    static func plan(_ text: String, after previous: Plan? = nil) throws -> Plan {
        let result = Configuration.parse(text: text, file: "test.toml")
        guard var configuration = result.configuration else { throw Unusable(description: "\(result.problems)") }
        // Written as 80, since a file must name its port; the kernel chooses.
        for index in configuration.sites.indices { configuration.sites[index].port = 0 }
        var builder = PlanBuilder(configuration, previous: previous)
        guard let plan = builder.build(workers: 1) else { throw Unusable(description: "\(builder.problems)") }
        return plan
    }

    /// One pool of servers at these ports, in this order.
    static func pool(_ ports: [UInt16], keys: String = "", proxy: String = "", route: String = "") -> String {
        site(
            ports.map { ("app", "http://127.0.0.1:\($0)", keys) }, routes: [("/", "app", route)], proxy: proxy)
    }
}

extension Plan {
    /// The route of this path of the only site.
    func route(_ path: String = "/") throws -> ProxyRoute { try #require(routePlan(path).proxied) }

    func routePlan(_ path: String = "/") throws -> RoutePlan {
        try #require(listeners.first?.fallback.routes.first { $0.text == path })
    }

    func server(_ port: UInt16) throws -> UpstreamServer {
        try #require(servers.first { $0.identity.port == port })
    }
}
