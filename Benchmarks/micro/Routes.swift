import Configuration
import Gateway
import HTTP

extension Case {
    /// The route of a request among so many, in the middle of the file.
    static let routes: [Case] = [10, 1_000, 10_000].map { count in
        Case(name: "router/\(count)-routes") { lookUp(among: count) }
    }

    private static func configuration(routes: Int) -> String {
        """
        [[sites]]
        hostname = "localhost"
        listen = "127.0.0.1"
        port = 8080
        [sites.proxy]
        enabled = true
        [[sites.proxy.upstreams]]
        name = "pool"
        url = "http://127.0.0.1:9000"

        """
            + (0..<routes).map { "[[sites.proxy.routes]]\npath = \"/service-\($0)/\"\nupstream = \"pool\"\n" }.joined()
    }

    private static func lookUp(among count: Int) -> Operation {
        let read = Configuration.parse(text: configuration(routes: count), file: "bench.toml")
        var builder = PlanBuilder(require(read.configuration, "configuration: \(read.problems.first?.message ?? "")"))
        let plan = require(builder.build(workers: 1), "plan: \(builder.problems.first?.message ?? "")")
        let lookup = require(RouteLookup(plan), "site")
        let head = RequestHead()
        let request = Array("GET /service-\(count / 2)/items/42 HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        _ = require((try? head.parse(request.span, limits: HeadLimits())) ?? nil, "request head")
        precondition(lookup.remainder(head) > 0)
        return { count in
            var sum = 0
            for _ in 0..<count { sum &+= lookup.remainder(head) }
            return sum
        }
    }
}
