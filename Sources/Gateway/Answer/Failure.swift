import HTTP
import Messages
import TLS
import Transport
import WebSocket

/// Why an exchange could not be carried out: what, whose fault, and what may be done about it. Status, log line,
/// `Proxy-Status` and retry all follow from it.
///
/// A reference to its content: failures are rare, and a task that waits should not hold room for one in every frame.
struct Failure: Error {
    enum Blame: String {
        case client, upstream, gateway
    }

    /// May the request be sent again?
    enum Retry {
        case never
        /// Provably nothing of it was sent.
        case unsent
        /// Nothing was sent, since we lack descriptors or memory ourselves: that says nothing about any server.
        case exhausted
        /// Nothing was sent, since the server does not have what is asked for, or rests. Another may be better, and this one is
        /// as good as it was.
        case unoffered
        /// The answer broke off after its client had kept the server waiting for so long that the server may have given it up.
        case heldUp
        /// Provably the server has not looked at it (RFC 9113 §8.7), which says nothing against it.
        case unprocessed
        /// The server has reset its stream as that of a malformed request (RFC 9113 §8.1.1). Another may take it.
        case rejected
        /// The connection was closed before any byte of an answer. If it had been used before that was the upstream's idle
        /// timeout, most likely, and says nothing about the server. So it is with bytes there that begin no answer.
        case closed(isReused: Bool)
        /// No byte of an answer came in time.
        case timeout
        /// An answer that another server may better; nothing of it went to the client.
        case status(Int)
    }

    private let content: Content

    private final class Content: Sendable {
        let reason: Reason
        let status: Int
        let blame: Blame
        let detail: String
        let retry: Retry
        let key: String?
        let fields: AnswerFields
        let retryAfter: UInt64?
        /// What the client is told where the detail is for the log alone; nil: the detail.
        let clientDetail: String?

        init(
            _ reason: Reason, _ status: Int, _ blame: Blame, _ detail: String, _ retry: Retry, _ key: String?,
            _ fields: AnswerFields, _ retryAfter: UInt64?, clientDetail: String? = nil
        ) {
            self.reason = reason
            self.status = status
            self.blame = blame
            self.detail = detail
            self.retry = retry
            self.key = key
            self.fields = fields
            self.retryAfter = retryAfter
            self.clientDetail = clientDetail
        }
    }

    /// - Parameters:
    ///   - status: where it is another than the reason's.
    ///   - fields: that the answer must have.
    ///   - retryAfter: whole seconds, for an answer of whatever status.
    ///   - clientDetail: what the client is told in place of the detail.
    init(
        _ reason: ExchangeReason, status: Int? = nil, detail: String = "", retry: Retry = .never, key: String? = nil,
        fields: AnswerFields = AnswerFields(), retryAfter: UInt64? = nil, clientDetail: String? = nil
    ) {
        content = Content(
            .exchange(reason), status ?? reason.status, reason.blame, detail, retry, key, fields, retryAfter,
            clientDetail: clientDetail)
    }

    /// A message that breaks the rules.
    /// - Parameter mayBeLeftOver: it is the first head on a connection that has carried an answer before. What is no status line
    ///   may then be a body that came late behind one that has none, which says no more than a used connection that was closed.
    init(_ refusal: HTTPRefusal, mayBeLeftOver: Bool = false) {
        let isLeftOver = mayBeLeftOver && refusal.reason == .statusLineMalformed
        content = Content(
            .message(refusal), refusal.status, refusal.sender == .client ? .client : .upstream,
            isLeftOver ? "it may be left of the answer before it on the connection" : refusal.foreignProtocol?.rawValue ?? "",
            isLeftOver ? .closed(isReused: true) : .never, Failure.key(of: refusal.reason), AnswerFields(), nil)
    }

    /// A connection of `[[tcp]]` that was passed on has ended otherwise than by both of its ends.
    static func passage(_ reason: TunnelEnding.Reason, _ blame: Blame, detail: String = "", key: String? = nil) -> Failure {
        Failure(Content(.tunnel(reason), 200, blame, detail, .never, key, AnswerFields(), nil))
    }

    var reason: Reason { content.reason }
    /// The status of the answer; 499 if none can be given (the client is gone).
    var status: Int { content.status }
    var blame: Blame { content.blame }
    /// What happened, in plain words for the log: OpenSSL's, the system's.
    var detail: String { content.detail }
    var retry: Retry { content.retry }
    /// The configuration key that decided it, if one did.
    var key: String? { content.key }
    /// Fields that its answer must have.
    var fields: AnswerFields { content.fields }
    /// Whole seconds after which it is worth asking again, if that is known.
    var retryAfter: UInt64? { content.retryAfter }

    /// The failure with more for the log.
    func noting(_ text: String) -> Failure {
        Failure(
            Content(
                reason, status, blame, detail.isEmpty ? text : "\(detail); \(text)", retry, key, fields, retryAfter,
                clientDetail: content.clientDetail ?? detail))
    }

    /// The same of a request of a route, whose keys and whose pool's may be written elsewhere than below `[sites.proxy]`.
    func keyed(by route: RoutePlan) -> Failure {
        guard let key else { return self }
        let written = route.owner.key(route.proxied?.pool.key(key) ?? key)
        guard written != key else { return self }
        return Failure(
            Content(reason, status, blame, detail, retry, written, fields, retryAfter, clientDetail: content.clientDetail))
    }

    private init(_ content: Content) {
        self.content = content
    }

    /// All statuses that an answer of the gateway's own may have.
    static let statuses: Set<Int> = Set(ExchangeReason.allCases.map(\.status) + RefusalReason.allCases.map(\.status))
        .union(HandshakeRefusal.allCases.map(\.status)).filter { $0 >= 400 && $0 != 499 }

    /// The client's side broke: nobody is left to be answered. If its own message was what ended the stream, that is told.
    static func clientLeft(_ error: PeerError? = nil) -> Failure {
        if case .malformed(let reason, let text)? = error { return Failure(HTTPRefusal(reason)).noting(text) }
        return Failure(.clientLeft, detail: error?.description ?? "")
    }

    /// The upstream's TLS broke off before an answer. In TLS 1.3 a server refuses a client's certificate, or its lack, only after
    /// the handshake (RFC 8446 §4.4.2.4): that is no early close.
    /// - Returns: nil if it was not TLS.
    static func refusedByTLS(_ error: PeerError, retry: Retry) -> Failure? {
        guard case .connection(.tls(let tls)) = error, tls.kind == .protocolViolation else { return nil }
        return Failure(
            .upstreamTLSFailed, detail: tls.reason, retry: retry,
            key: tls.isAboutOurCertificate ? "sites.proxy.upstreams.client_cert_file" : nil)
    }

    /// The upstream could not be connected to.
    static func connecting(_ error: TransportError) -> Failure {
        switch error {
        case .system:
            Failure(
                .upstreamConnectFailed, detail: error.description, retry: error.isExhaustion ? .exhausted : .unsent, retryAfter: 1
            )
        case .tls(let tls):
            Failure(
                tls.kind == .verification ? .upstreamCertificateRefused : .upstreamTLSFailed, detail: error.description,
                retry: .unsent, key: tls.isAboutOurCertificate ? "sites.proxy.upstreams.client_cert_file" : nil)
        case .timedOut:
            Failure(.upstreamConnectTimeout, retry: .unsent, key: "sites.proxy.timeout.connect")
        case .handshakeTimedOut:
            Failure(.upstreamTLSTimeout, retry: .unsent, key: "sites.proxy.timeout.tls_handshake")
        case .unresolved:
            Failure(.upstreamUnresolved, detail: error.description, retry: .unsent, retryAfter: 1)
        case .spokeFirst:
            Failure(.upstreamSpokeFirst, detail: error.description, retry: .unsent)
        case .closedEarly(let detail):
            Failure.closedEarly(detail, retry: .unsent)
        case .backingOff(let time):
            Failure(
                .upstreamResting, detail: error.description, retry: .unoffered, key: "sites.proxy.timeout.connect",
                retryAfter: max(1, (time + 999_999_999) / 1_000_000_000))
        }
    }

    private static func key(of reason: RefusalReason) -> String? {
        switch reason {
        case .headTooLarge: "limits.max_head_bytes"
        case .targetTooLong: "limits.max_target_bytes"
        case .tooManyFields: "limits.max_fields"
        case .fieldTooLarge: "limits.max_field_bytes"
        case .trailersTooLarge: "limits.max_trailer_bytes"
        case .chunkExtensionTooLarge: "limits.max_chunk_extension_bytes"
        default: nil
        }
    }

    /// What a client is told. Of an upstream's troubles only the kind: addresses and names inside stay in the log.
    var clientDetail: String {
        if let detail = content.clientDetail, !detail.isEmpty { return detail }
        return switch blame {
        case .upstream:
            status == 504
                ? "The service behind this gateway did not answer in time." : "The service behind this gateway cannot answer."
        case .client, .gateway: detail.isEmpty ? advice ?? "The request cannot be served: \(reason.word)." : detail
        }
    }

    private var advice: String? { if case .message(let refusal) = reason { refusal.reason.advice } else { nil } }

    /// Is it of a kind that people meet who type requests by hand, and programs hardly ever?
    var isOfTyping: Bool {
        switch reason {
        case .message, .exchange(.headTimeout): true
        default: false
        }
    }
}
