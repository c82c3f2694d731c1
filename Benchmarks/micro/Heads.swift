import HTTP

extension Case {
    /// Heads in and out: a small one, as curl sends it, and one as large as browsers with cookies make them.
    static let heads: [Case] = [
        Case(name: "request-head/of-a-browser") { parseRequest(browserText) },
        Case(name: "forwarded-head/of-a-browser") { forwardRequest(browserText) },
    ] + [2, 60].flatMap { fields in
        [
            Case(name: "request-head/\(fields)-fields") { parseRequest(requestText(fields: fields)) },
            Case(name: "response-head/\(fields)-fields") { parseResponse(responseText(fields: fields)) },
            Case(name: "forwarded-head/\(fields)-fields") { forwardRequest(requestText(fields: fields)) },
        ]
    }

    /// What Chromium sends with a click on a link.
    private static let browserText = Array(
        [
            "GET /api/items/42?page=2 HTTP/1.1", "Host: www.example.com", "Connection: keep-alive",
            #"sec-ch-ua: "Chromium";v="131", "Not_A Brand";v="24""#, "sec-ch-ua-mobile: ?0", #"sec-ch-ua-platform: "Linux""#,
            "Upgrade-Insecure-Requests: 1",
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
            "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-User: ?1", "Sec-Fetch-Dest: document",
            "Referer: https://www.example.com/api/items", "Accept-Encoding: gzip, deflate, br, zstd",
            "Accept-Language: en-GB,en;q=0.9", "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark", "", "",
        ].joined(separator: "\r\n").utf8)

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
