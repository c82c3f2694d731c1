import Configuration
import Fleet
import Gateway
import HTTP
import Messages
import Transport

/// Answers scrapers who come over TCP: `GET /metrics`, and nothing else.
final class MetricsHandler: ServiceHandler {
    private let gateway: Gateway
    private let fleet: SharedFleetStatus
    private let token: [UInt8]?

    /// - Parameter token: what a scraper has to show; nil: nothing.
    init(_ gateway: Gateway, _ fleet: SharedFleetStatus, token: String?) {
        self.fleet = fleet
        self.gateway = gateway
        self.token = token.map { Array($0.utf8) }
    }

    func answer(_ request: ServiceRequest) async throws(ServiceFailure) -> ServiceReply {
        let head = request.head
        if let refusal = refusal(of: head) { return .answer(refusal) }
        guard head.string(head.path) == "/metrics" else { return .answer(.problem(404, "There is only /metrics here.")) }
        guard head.method == .get || head.method == .head else {
            var fields = FieldSection()
            // RFC 9110 §15.5.6: a 405 says what is allowed.
            fields.append("Allow", "GET, HEAD")
            return .answer(.problem(405, "Metrics can be read, and no more.", fields: fields))
        }
        return .answer(MetricsAnswer.answer(head, of: gateway, fleet))
    }

    /// Why whoever asks is not to be answered; nil if they are.
    private func refusal(of head: RequestHead) -> ServiceAnswer? {
        if let token {
            guard shows(token, head) else {
                var fields = FieldSection()
                // RFC 6750 §3: which kind of credentials.
                fields.append("WWW-Authenticate", "Bearer")
                return .problem(401, "Show the token of metrics.token.", fields: fields)
            }
        } else if !isForAddress(head) {
            return .problem(403, "Ask for an IP address or for localhost, or set metrics.token.")
        }
        return nil
    }

    /// Whether the request shows the token (RFC 6750 §2.1); takes as long for any token of the same length.
    private func shows(_ token: [UInt8], _ head: RequestHead) -> Bool {
        guard head.fields.count(of: .authorization) == 1, let line = head.fields.first(.authorization) else { return false }
        let value = head.fields.bytes[line.value]
        guard String(decoding: value.prefix(7), as: UTF8.self).lowercased() == "bearer " else { return false }
        return ConstantTime.areEqual(Array(value.dropFirst(7)), token)
    }

    /// Against DNS rebinding: a page whose name has come to stand for this machine asks by that name.
    private func isForAddress(_ head: RequestHead) -> Bool {
        guard let authority = head.authority else { return false }
        let host = head.string(authority.host)
        return host.lowercased() == "localhost" || SocketAddress(literal: host, port: 0) != nil
    }
}
