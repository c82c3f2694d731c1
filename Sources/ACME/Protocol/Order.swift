/// RFC 8555 §7.1.3.
struct Order: Decodable, Sendable {
    enum Status: String, Decodable, Sendable {
        case pending, ready, processing, valid, invalid
    }

    var status: Status
    var authorizations: [String]
    var finalize: String
    var certificate: String?
    var error: ACMEProblem?

    /// What brings an order forward.
    enum Step: Equatable {
        /// Its names are still to be proved.
        case authorize([String])
        case finalize(String)
        /// The authority is working on it.
        case wait
        case download(String)
        case fail(String)
    }

    /// What is to be done next (RFC 8555 §7.1.6).
    var step: Step {
        switch status {
        case .pending: .authorize(authorizations)
        case .ready: .finalize(finalize)
        case .processing: .wait
        case .valid: certificate.map { .download($0) } ?? .fail("the order is valid and names no certificate")
        case .invalid: .fail(error?.description ?? "the authority has given the order up and does not say why")
        }
    }
}
