package import HTTP
package import TLS
package import Transport

/// Why a call has no answer.
package enum CallError: Error, CustomStringConvertible {
    /// What was not done in time.
    package enum Step: Sendable, Equatable {
        case connecting, handshake, request, answer
    }

    /// What was larger than its limit.
    package enum Part: Sendable, Equatable {
        case head, body
    }

    /// The request could not be written as one message; nothing was sent. It says what is wrong with it.
    case invalidRequest(String)
    /// No address took the connection.
    case connect(TransportError)
    /// The handshake failed, or the server's certificate was refused.
    case tls(TLSError)
    case timedOut(Step)
    /// The connection broke.
    case broken(PeerError)
    /// The server ended the connection before its answer's head was complete.
    case noAnswer
    /// The server ended the connection within the body.
    case truncated
    /// The answer breaks a rule of HTTP.
    case malformed(HTTPRefusal)
    case tooLarge(Part)
    /// More interim answers than anybody sends (RFC 9110 §15.2).
    case tooManyInterimAnswers
    /// A 101 that nobody asked for.
    case switchedProtocols
    /// The call was ended by `Call.stop()`.
    case stopped

    /// A `Stream.connect` that failed.
    init(connecting error: TransportError) {
        self =
            switch error {
            case .tls(let error): .tls(error)
            case .timedOut: .timedOut(.connecting)
            case .handshakeTimedOut: .timedOut(.handshake)
            case .system, .unresolved, .spokeFirst, .backingOff, .closedEarly: .connect(error)
            }
    }

    /// A refused answer; of what is too large only that is told.
    init(_ refusal: HTTPRefusal) {
        self =
            switch refusal.reason {
            case .headTooLarge, .tooManyFields, .fieldTooLarge: .tooLarge(.head)
            default: .malformed(refusal)
            }
    }

    package var description: String {
        switch self {
        case .invalidRequest(let flaw): "the request cannot be sent: \(flaw)"
        case .connect(let error): error.description
        case .broken(let error): error.description
        case .tls(let error): error.reason
        case .timedOut(.connecting): "timed out"
        case .timedOut(.handshake): "the TLS handshake timed out"
        case .timedOut(.request): "the request was not taken in time"
        case .timedOut(.answer): "no whole answer in time"
        case .noAnswer: "no answer"
        case .truncated: "a truncated answer"
        case .malformed(let refusal): "a malformed answer: \(refusal.code)"
        case .tooLarge(.head): "the answer's head is too large"
        case .tooLarge(.body): "the answer's body is too large"
        case .tooManyInterimAnswers: "too many interim answers"
        case .switchedProtocols: "an answer that switches protocols"
        case .stopped: "stopped"
        }
    }
}
