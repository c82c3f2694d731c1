import EventLoop
import Logging
import TLS
import Transport

/// Why a client's handshake failed, for those who look after the gateway: counted always, and told in one line, but not without
/// end: clients can fail as often as they like.
struct HandshakeReport {
    let fault: HandshakeFault
    let facts: Logger.Metadata

    init(_ error: TransportError, of session: TLSSession?, _ endpoint: ClientEndpoint) {
        let offer = session?.offer
        fault = Self.fault(error, hasHello: session?.hasHello == true)
        var facts: Logger.Metadata = [
            "client": "\(endpoint.peer.host)", "port": "\(endpoint.port)", "reason": "\(error.description)",
            "server_name": "\(session?.askedName ?? "-")", "cause": "\(fault.rawValue)", "explanation": "\(fault.explanation)",
            "remedy": "\(fault.remedy)",
        ]
        if let offer, let session {
            func list(_ names: [String]) -> Logger.MetadataValue { "\(names.isEmpty ? "-" : names.joined(separator: ","))" }
            facts["ja4"] = "\(offer.ja4)"
            facts["offered_alpn"] = list(offer.protocols)
            facts["offered_groups"] = list(offer.groups)
            facts["offered_suites"] = list(session.names(ofSuites: offer))
            facts["offered_versions"] = list(offer.versions)
        }
        self.facts = facts
    }

    private static func fault(_ error: TransportError, hasHello: Bool) -> HandshakeFault {
        switch error {
        case .tls(let tls): tls.fault ?? .other
        case .timedOut, .handshakeTimedOut: hasHello ? .timeoutAfterHello : .timeout
        case .system: .reset
        case .unresolved, .spokeFirst, .backingOff, .closedEarly: .other
        }
    }
}

extension ClientConnection {
    /// Counts it, and tells it while there is room for a line.
    func report(_ error: TransportError) {
        let report = HandshakeReport(error, of: stream.tls, endpoint)
        resources.handshakes.count(report.fault)
        resources.records.series.failed(report.fault)
        let most = endpoint.limits.handshakeFailureLines
        guard let unsaid = resources.handshakeLines.take(now: resources.now, atMost: most) else { return }
        var facts = report.facts
        if unsaid > 0 { facts["unsaid"] = "\(unsaid)" }
        log.info("TLS handshake failed", metadata: facts)
    }
}
