import HTTP
import Messages
import TLS
import Transport

/// Why an exchange could not be carried out: what, whose fault, and what may be done about it. Status, log line,
/// `Proxy-Status` and retry all follow from it.
///
/// A reference to its facts: failures are rare, and a task that waits should not hold room for one in every frame.
struct Failure: Error {
    enum Blame: String {
        case client, upstream, gateway
    }

    /// May the request be sent again?
    enum Retry {
        case never
        /// Provably nothing of it was sent.
        case unsent
        /// The connection was closed before any byte of an answer. If it had been used before that was the upstream's idle
        /// timeout, most likely, and says nothing about the server.
        case closed(isReused: Bool)
        /// No byte of an answer came in time.
        case timeout
        /// An answer that another server may better; nothing of it went to the client.
        case status(Int)
    }

    private let facts: Facts

    private final class Facts: Sendable {
        let reason: String
        let status: Int
        let blame: Blame
        let detail: String
        let retry: Retry
        let key: String?
        let fields: [UInt8]
        let retryAfter: UInt64?

        init(
            _ reason: String, _ status: Int, _ blame: Blame, _ detail: String, _ retry: Retry, _ key: String?, _ fields: [UInt8],
            _ retryAfter: UInt64?
        ) {
            self.reason = reason
            self.status = status
            self.blame = blame
            self.detail = detail
            self.retry = retry
            self.key = key
            self.fields = fields
            self.retryAfter = retryAfter
        }
    }

    init(
        _ reason: String, status: Int, blame: Blame, detail: String = "", retry: Retry = .never, key: String? = nil,
        fields: [UInt8] = [], retryAfter: UInt64? = nil
    ) {
        facts = Facts(reason, status, blame, detail, retry, key, fields, retryAfter)
    }

    /// The stable word for the log and `Proxy-Status`.
    var reason: String { facts.reason }
    /// Of the answer; 499 if none can be given (the client is gone).
    var status: Int { facts.status }
    var blame: Blame { facts.blame }
    /// In plain words: OpenSSL's, the system's.
    var detail: String { facts.detail }
    var retry: Retry { facts.retry }
    /// The configuration key that decided it, if one did.
    var key: String? { facts.key }
    /// Field lines that its answer must have, each with its line end.
    var fields: [UInt8] { facts.fields }
    /// Whole seconds after which it is worth asking again, if that is known.
    var retryAfter: UInt64? { facts.retryAfter }

    /// A message that breaks the rules.
    init(_ refusal: HTTPRefusal) {
        self.init(
            refusal.code, status: refusal.status, blame: refusal.sender == .client ? .client : .upstream,
            key: Failure.key(of: refusal.reason))
    }

    /// The client's side broke: nobody is left to be answered.
    static func clientLeft(_ error: PeerError? = nil) -> Failure {
        Failure("client_left", status: 499, blame: .client, detail: error?.description ?? "")
    }

    /// The upstream could not be connected to.
    static func connecting(_ error: TransportError) -> Failure {
        switch error {
        case .system: Failure("upstream_connect_failed", status: 502, blame: .upstream, detail: error.description, retry: .unsent)
        case .tls(let tls):
            Failure(
                tls.kind == .verification ? "upstream_certificate_refused" : "upstream_tls_failed", status: 502,
                blame: .upstream, detail: error.description, retry: .unsent)
        case .timedOut:
            Failure(
                "upstream_connect_timeout", status: 504, blame: .upstream, retry: .unsent,
                key: "sites.proxy.timeout.connect")
        case .handshakeTimedOut:
            Failure(
                "upstream_tls_timeout", status: 504, blame: .upstream, retry: .unsent,
                key: "sites.proxy.timeout.tls_handshake")
        case .unresolved:
            Failure("upstream_unresolved", status: 503, blame: .upstream, detail: error.description, retry: .unsent)
        }
    }

    private static func key(of reason: Reason) -> String? {
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
}
