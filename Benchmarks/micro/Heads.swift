import HTTP

extension Case {
    /// Heads in and out: a small one, as curl sends it, and one as large as browsers with cookies make them.
    static let heads: [Case] = [2, 60].flatMap { fields in
        [
            Case(name: "request-head/\(fields)-fields") { parseRequest(requestText(fields: fields)) },
            Case(name: "response-head/\(fields)-fields") { parseResponse(responseText(fields: fields)) },
            Case(name: "forwarded-head/\(fields)-fields") { forwardRequest(requestText(fields: fields)) },
        ]
    }

    private static func requestText(fields: Int) -> [UInt8] {
        let common = ["Host: www.example.com", "User-Agent: bench"]
        return head("GET /api/items/42?page=2 HTTP/1.1", common, fields)
    }

    private static func responseText(fields: Int) -> [UInt8] {
        let common = ["Content-Type: text/html; charset=utf-8", "Content-Length: 1234"]
        return head("HTTP/1.1 200 OK", common, fields)
    }

    private static func head(_ first: String, _ common: [String], _ fields: Int) -> [UInt8] {
        let more = (0..<max(0, fields - common.count)).map { "X-Example-Field-\($0): a value of thirty bytes, or so" }
        return Array(([first] + common + more + ["", ""]).joined(separator: "\r\n").utf8)
    }

    private static func parseRequest(_ bytes: [UInt8]) -> Operation {
        let head = RequestHead()
        let limits = HeadLimits()
        return { count in
            var sum = 0
            for _ in 0..<count {
                head.reset()
                sum &+= require((try? head.parse(bytes.span, limits: limits)) ?? nil, "request head") &+ head.path.count
            }
            return sum
        }
    }

    private static func parseResponse(_ bytes: [UInt8]) -> Operation {
        let head = ResponseHead()
        let limits = HeadLimits()
        return { count in
            var sum = 0
            for _ in 0..<count {
                head.reset()
                sum &+= require((try? head.parse(bytes.span, limits: limits)) ?? nil, "response head") &+ head.status
            }
            return sum
        }
    }

    private static func forwardRequest(_ bytes: [UInt8]) -> Operation {
        let head = RequestHead()
        _ = require((try? head.parse(bytes.span, limits: HeadLimits())) ?? nil, "request head")
        let target = UpstreamTarget(
            authority: Array("10.0.0.1:8080".utf8), rewrite: require(PathRewrite(), "rewrite"))
        let forwarded = UpstreamRequest(target: target, remainder: 0, framing: .none)
        let policy = RequestFieldPolicy()
        let client = ClientPeer(
            address: IPAddress("192.0.2.7"), port: 4711, scheme: .https, listenerPort: 443, isTrusted: false)
        var out: [UInt8] = []
        out.reserveCapacity(16384)
        return { count in
            var sum = 0
            for _ in 0..<count {
                out.removeAll(keepingCapacity: true)
                out.append(addingCapacity: 16384) {
                    ForwardedHead.writeRequest(head, forwarded, policy: policy, client: client, to: &$0)
                }
                sum &+= out.count
            }
            return sum
        }
    }
}
