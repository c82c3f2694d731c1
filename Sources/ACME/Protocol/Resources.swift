import Transport

/// Where an authority is asked for what (RFC 8555 §7.1.1).
struct AuthorityDirectory: Decodable, Sendable {
    struct Meta: Decodable, Sendable {
        var externalAccountRequired: Bool?
        /// Kinds of certificates that can be ordered, and what they are.
        var profiles: [String: String]?
        /// What CAA records call it (RFC 8659).
        var caaIdentities: [String]?
    }

    var newNonce: String
    var newAccount: String
    var newOrder: String
    var revokeCert: String?
    var keyChange: String?
    /// RFC 9773 §4.1; nil: it does not say when to renew.
    var renewalInfo: String?
    var meta: Meta?
}

/// A host that a certificate is to be for (RFC 8555 §7.1.3, RFC 8738).
struct Identifier: Codable, Sendable, Hashable {
    var type: String
    var value: String

    init(_ name: String) {
        type = SocketAddress(literal: name, port: 0) == nil ? "dns" : "ip"
        value = name
    }
}

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

/// Where an order has been. It only goes forward (RFC 8555 §7.1.6): one that comes back is asked about no faster than one that
/// stands still.
struct OrderProgress {
    private var known: Set<Order.Status>

    init(from status: Order.Status) { known = [status] }

    /// - Returns: is it where it has not been before, with something to be done there at once?
    mutating func advances(to status: Order.Status) -> Bool { known.insert(status).inserted && status != .processing }
}

/// RFC 8555 §7.1.4.
struct Authorization: Decodable, Sendable {
    enum Status: String, Decodable, Sendable {
        case pending, valid, invalid, deactivated, expired, revoked
    }

    var status: Status
    var identifier: Identifier
    /// Is it for all names one label below? Then the identifier says the name without its asterisk.
    var wildcard: Bool?
    var challenges: [Challenge]

    /// Why it failed, in the authority's words.
    var failure: String {
        let reason = challenges.lazy.compactMap(\.error).first?.description
        return "\(identifier.value): \(reason ?? "the authorization is \(status.rawValue)")"
    }
}

/// RFC 8555 §8.
struct Challenge: Decodable, Sendable {
    /// One of `ChallengeType`, or one that is not known here.
    var type: String
    var url: String
    var token: String?
    var error: ACMEProblem?
}

/// What an authority says of an error (RFC 8555 §6.7, RFC 9457).
package struct ACMEProblem: Decodable, Sendable, CustomStringConvertible {
    struct Part: Decodable, Sendable {
        var type: String?
        var detail: String?
        var identifier: Identifier?
    }

    var type: String?
    var detail: String?
    var subproblems: [Part]?

    /// The type without its namespace: "rateLimited".
    var kind: String {
        let prefix = "urn:ietf:params:acme:error:"
        let type = type ?? "unknown"
        return type.hasPrefix(prefix) ? String(type.dropFirst(prefix.count)) : type
    }

    /// Of its words, characters: they go into each line of the log and into the state.
    private static let maxCharacters = 1000

    /// The authority's own words, or the beginning of many.
    package var description: String {
        let text = wholeText
        return text.count > Self.maxCharacters ? text.prefix(Self.maxCharacters) + "…" : text
    }

    private var wholeText: String {
        let parts = (subproblems ?? []).prefix(10).map { part in
            [part.identifier?.value, part.detail].compactMap { $0 }.joined(separator: ": ")
        }
        return ([detail.map { "\(kind): \($0)" } ?? kind] + parts).joined(separator: "; ")
    }
}
