import CCount
import EventLoop
import HTTP
import Upstreams

/// What a pick costs: nanoseconds and allocations, of which there must be none. `--check` takes less time and is less exact;
/// `--once METHOD SERVERS PICKS` only picks, for a profiler.
enum Picks {
    static let methods: [(name: String, method: UpstreamGroup.Method)] = [
        ("round_robin", .roundRobin), ("weighted", .weighted), ("random_two", .randomTwo),
        ("least_connections", .leastConnections), ("least_time", .leastTime), ("hash", .hash(.client)),
    ]

    static func group(_ method: UpstreamGroup.Method, servers: Int, unwell: Int = 0) -> UpstreamGroup {
        let members = (0..<servers).map { index in
            var terms = UpstreamServer.Terms()
            terms.weight = index % 3 + 1
            let identity = UpstreamServer.Identity(isTLS: false, host: "server-\(index)", port: 80, basePath: "")
            return UpstreamServer(
                identity, url: "http://server-\(index)", authority: "server", terms: terms, tls: nil, index: index)
        }
        let group = UpstreamGroup(name: "pool", servers: members, method: method)
        for index in 0..<unwell {
            for _ in 0..<5 { members[index].failed(.badAnswer, reason: "status 500", now: 1) }
        }
        return group
    }

    /// Picks and gives back; the sum of the places keeps the optimiser from leaving a pick out.
    static func run(_ group: UpstreamGroup, _ picks: Int) -> Int {
        var request = UpstreamGroup.Request(now: 1)
        var sum = 0
        for turn in 0..<picks {
            request.key = UInt64(truncatingIfNeeded: turn) &* 0x9e37_79b9_7f4a_7c15
            guard case .server(let index) = group.pick(request) else { continue }
            sum &+= index
            group.servers[index].release()
        }
        return sum
    }

    struct Cost {
        var nanoseconds: Double
        var allocations: UInt64
    }

    static func cost(_ group: UpstreamGroup, _ picks: Int) -> Cost {
        var sum = run(group, picks / 10)
        var best = Double.infinity
        let allocations = count_allocations()
        for _ in 0..<5 {
            let began = monotonicNanoseconds()
            sum &+= run(group, picks)
            best = min(best, Double(monotonicNanoseconds() - began) / Double(picks))
        }
        let made = count_allocations() - allocations
        precondition(sum != 0 || group.servers.count == 1)
        return Cost(nanoseconds: best, allocations: made)
    }

    static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    static func figure(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// A counter that counts nothing would find nothing.
    static func counts() -> Bool {
        let before = count_allocations()
        let made = Array(repeating: before, count: 100)
        return count_allocations() > before && made.count == 100
    }

    static func table(isCheck: Bool) -> Bool {
        var isFree = counts()
        print("method              servers  unwell  ns/pick  allocations")
        for (name, method) in methods {
            for (servers, unwell) in [(2, 0), (8, 0), (64, 0), (512, 0), (8, 1), (64, 1)] {
                let cost = cost(group(method, servers: servers, unwell: unwell), isCheck ? 10_000 : 4_000_000 / max(8, servers))
                isFree = isFree && cost.allocations == 0
                print(
                    name + padded("\(servers)", 27 - name.count) + padded("\(unwell)", 8) + padded(figure(cost.nanoseconds), 9)
                        + padded("\(cost.allocations)", 13))
            }
        }
        return isFree
    }
}

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.count == 4, arguments[0] == "--once", let servers = Int(arguments[2]), let picks = Int(arguments[3]),
    let method = Picks.methods.first(where: { $0.name == arguments[1] })?.method
{
    print(Picks.run(Picks.group(method, servers: servers), picks))
} else if !Picks.table(isCheck: arguments == ["--check"]) {
    fatalError("a pick allocates, or allocations are not counted")
}
