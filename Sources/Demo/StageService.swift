import EventLoop
import HTTP
import Messages

/// What the page asks of the demo itself: which chat servers run, and to stop or start one, so that one sees what becomes of it.
///
/// `GET /upstreams` says how they are; `POST /upstreams/NAME/stop` and `…/start` change it.
final class StageService {
    static let path = "/upstreams"
    private let upstreams: [DemoUpstream]
    /// Where the dashboard is; nil: it is not shown.
    var dashboard: String?

    /// - Parameter upstreams: that can be stopped.
    init(_ upstreams: [DemoUpstream]) {
        self.upstreams = upstreams
    }

    /// The answer to a request below `path`.
    func answer(to head: RequestHead) -> ServiceAnswer {
        let words = head.string(head.path).split(separator: "/").dropFirst()
        if words.isEmpty {
            guard head.method == .get || head.method == .head else { return Self.refusal("GET, HEAD") }
            return state
        }
        guard words.count == 2, let upstream = upstreams.first(where: { $0.name == words[1] }),
            words[2] == "stop" || words[2] == "start"
        else { return ServiceAnswer(status: 404, "no such upstream") }
        guard head.method == .post else { return Self.refusal("POST") }
        guard isOwn(head) else { return ServiceAnswer(status: 403, "only the demo's own page may ask for this") }
        guard words[2] == "start" else {
            upstream.stop()
            return state
        }
        do throws(SystemError) {
            try upstream.start()
            return state
        } catch {
            return ServiceAnswer(status: 503, "it cannot be started: \(error)")
        }
    }

    /// Another site's page could ask a browser for it; it would name its own origin (Fetch standard, "Origin" header).
    private func isOwn(_ head: RequestHead) -> Bool {
        guard head.fields.contains(.origin) else { return true }
        guard let origin = head.fields.onlyValue(named: "origin"), !head.authorityRange.isEmpty else { return false }
        let (host, stated) = (head.string(head.authorityRange), String(decoding: origin, as: UTF8.self))
        return stated == "https://\(host)" || stated == "http://\(host)"
    }

    private static func refusal(_ allowed: String) -> ServiceAnswer {
        var fields = FieldSection()
        fields.append("Allow", allowed)
        return ServiceAnswer(status: 405, "not by this method", fields: fields)
    }

    private var state: ServiceAnswer {
        var out: [UInt8] = []
        out.append("{\"upstreams\":[")
        for (index, upstream) in upstreams.enumerated() {
            out.append(index == 0 ? "{\"name\":" : ",{\"name\":")
            JSONText.append(upstream.name, to: &out)
            out.append(",\"address\":")
            JSONText.append("\(upstream.address)", to: &out)
            out.append(upstream.isRunning ? ",\"running\":true}" : ",\"running\":false}")
        }
        out.append("]")
        if let dashboard {
            out.append(",\"dashboard\":")
            JSONText.append(dashboard, to: &out)
        }
        out.append("}\n")
        var fields = FieldSection()
        fields.append("Cache-Control", "no-store")
        return ServiceAnswer(contentType: "application/json", fields: fields, body: out)
    }
}
