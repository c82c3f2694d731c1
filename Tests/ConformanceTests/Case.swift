import Testing

/// One request, byte for byte, and everything that must come of it.
struct Case: Sendable, CustomTestStringConvertible {
    let request: [UInt8]
    let status: Int
    /// In `Proxy-Status` and in the log; nil where nothing is wrong.
    let reason: String?
    /// May the connection carry another request after the answer?
    let stays: Bool
    /// What must have come upstream: all of it, and nothing else.
    let upstream: [SeenRequest]
    var scripts: [Script] = [.ok]

    var testDescription: String {
        let text = String(decoding: request, as: UTF8.self).debugDescription
        return "\(status) \(reason ?? "passes"): \(text.count > 110 ? text.prefix(107) + "..." : text)"
    }

    /// A request that is refused before a byte of it goes upstream, on a connection that then ends.
    static func refused(_ status: Int, _ reason: String, _ request: String) -> Case {
        refused(status, reason, bytes: Array(request.utf8))
    }

    static func refused(_ status: Int, _ reason: String, bytes: [UInt8]) -> Case {
        Case(request: bytes, status: status, reason: reason, stays: false, upstream: [])
    }

    /// A well-formed request that is answered here with an error; the connection stays in step.
    static func answered(_ status: Int, _ reason: String, _ request: String, stays: Bool = true) -> Case {
        Case(request: Array(request.utf8), status: status, reason: reason, stays: stays, upstream: [])
    }

    /// A request whose head is let through and whose body breaks the rules: what went upstream is never made to look whole.
    static func cut(_ status: Int, _ reason: String, _ request: String, head: String) -> Case {
        Case(
            request: Array(request.utf8), status: status, reason: reason, stays: false,
            upstream: [SeenRequest(head: head)])
    }

    /// A request that goes upstream as one with this head, body and trailers.
    static func passes(
        _ request: String, head: String, body: String = "", trailers: String = "", stays: Bool = true
    ) -> Case {
        Case(
            request: Array(request.utf8), status: 200, reason: nil, stays: stays,
            upstream: [SeenRequest(head: head, body: body, trailers: trailers, isComplete: true)])
    }

    /// Several requests on one connection, sent at once; the last answer is the one looked at.
    static func pipelined(_ request: String, heads: [String]) -> Case {
        Case(
            request: Array(request.utf8), status: 200, reason: nil, stays: true,
            upstream: heads.map { SeenRequest(head: $0, isComplete: true) })
    }

    /// A request that is answered with a file: nothing of it goes upstream.
    static func served(_ request: String, stays: Bool = true) -> Case {
        Case(request: Array(request.utf8), status: 200, reason: nil, stays: stays, upstream: [])
    }

    /// How many answers the request gets.
    var answerCount: Int { max(1, upstream.count) }
    var isHead: Bool { request.starts(with: Array("HEAD ".utf8)) }
}

/// A request's head as Gatehouse must send it: the client's own fields, then forwarding, framing and connection.
func forwarded(
    _ line: String, _ fields: [String] = [], host: String = "a.test", via: String = "1.1", then last: [String] = []
) -> String {
    // The port that the client asked for, else the listener's.
    let asked = host.split(separator: ":").last.flatMap { UInt16($0) }.map(String.init)
    let port = host.hasSuffix("]") ? nil : asked
    let quoted = host.contains(":") || host.contains("[") ? "\"\(host)\"" : host
    let lines =
        ["\(line) HTTP/1.1", "Host: \(host)"] + fields + [
            "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: \(host)",
            "X-Forwarded-Port: \(port ?? "{port}")", "Forwarded: for=127.0.0.1;proto=https;host=\(quoted)",
            "Via: \(via) gatehouse",
        ] + last
    return lines.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// A GET with these lines after `Host`.
func get(_ target: String, _ fields: String...) -> String {
    "GET \(target) HTTP/1.1\r\nHost: a.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}

/// A POST with these lines after `Host`, and a body.
func post(_ fields: String..., body: String = "") -> String {
    "POST /up/p HTTP/1.1\r\nHost: a.test\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// A chunked POST.
func chunked(_ body: String) -> String { post("Transfer-Encoding: chunked", body: body) }

/// The head of every `post` and `chunked` above, as it goes upstream.
func postHead(_ fields: [String] = [], _ framing: String) -> String { forwarded("POST /up/p", fields, then: [framing]) }
let chunkedHead = postHead([], "Transfer-Encoding: chunked")
