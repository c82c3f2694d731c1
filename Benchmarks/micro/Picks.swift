import HTTP
import Upstreams

extension Case {
    private static let methods: [(name: String, method: UpstreamGroup.Method)] = [
        ("round_robin", .roundRobin), ("weighted", .weighted), ("random_two", .randomTwo),
        ("least_connections", .leastConnections), ("least_time", .leastTime), ("hash", .hash(.client)),
    ]

    /// The choice of a server, by method and number of servers, and of how many of them are unhealthy.
    static let picks: [Case] = methods.flatMap { name, method in
        [(2, 0), (8, 0), (64, 0), (512, 0), (8, 1), (64, 1)].map { servers, unhealthy in
            Case(name: "\(name)/\(servers)-servers" + (unhealthy > 0 ? "-\(unhealthy)-unhealthy" : "")) {
                pick(from: group(method, servers: servers, unhealthy: unhealthy))
            }
        }
    }

    private static func group(_ method: UpstreamGroup.Method, servers: Int, unhealthy: Int) -> UpstreamGroup {
        let members = (0..<servers).map { index in
            var parameters = UpstreamServer.Parameters()
            parameters.weight = index % 3 + 1
            let identity = UpstreamServer.Identity(isTLS: false, host: "server-\(index)", port: 80, basePath: "")
            return UpstreamServer(
                identity, url: "http://server-\(index)", authority: "server", parameters: parameters, tls: nil)
        }
        let group = UpstreamGroup(name: "pool", servers: members, method: method)
        for index in 0..<unhealthy {
            for _ in 0..<5 { members[index].failed(.badAnswer, reason: "status 500", now: 1) }
        }
        return group
    }

    /// Picks and gives back.
    private static func pick(from group: UpstreamGroup) -> Operation {
        { count in
            var request = UpstreamGroup.Request(now: 1)
            var sum = 0
            for turn in 0..<count {
                request.key = UInt64(truncatingIfNeeded: turn) &* 0x9e37_79b9_7f4a_7c15
                guard case .server(let index) = group.pick(request) else { continue }
                sum &+= index
                group.servers[index].release()
            }
            return sum
        }
    }
}
