/// Several gateways that get certificates as one: one of them asks authorities, and all have what it gets.
package protocol RenewalSharing: Sendable {
    /// - Parameter body: is called with what others have done, until the next call; nil: nobody is.
    func onEvent(_ body: (@Sendable (RenewalEvent) async -> Void)?) async
    /// Does this gateway ask authorities? It has all that those before it have got then.
    func isLeader() async -> Bool
    /// Lets another one lead, if one can.
    func resign(_ reason: String) async
    /// Gives all others these files, while this gateway leads.
    /// - Parameter files: their contents by their paths in the state directory; nil: the file is gone.
    /// - Throws: `.storage`: this gateway does not lead, or they could not be kept.
    func share(_ files: [String: [UInt8]?]) async throws(ACMEError)
    /// Makes all others show these proofs, and no others of ours. When it returns they do, or those that do not are too slow.
    func show(_ proofs: SharedProofs) async throws(ACMEError)
    /// - Parameter demands: what others are to know of certificates on demand; nil: nothing.
    func provideDemands(_ demands: (@Sendable () async -> SharedDemands)?) async
    /// What `provideDemands` was given has something else to say.
    func demandsHaveChanged() async
    /// Why others cannot be told anything at the moment; nil: they can.
    var obstacle: String? { get async }
}

/// What authorities are to find, whichever gateway they ask.
package struct SharedProofs: Codable, Sendable, Equatable {
    /// Key authorizations by their tokens (RFC 8555 §8.3).
    package var answers: [String: String] = [:]
    /// Certificates with their keys, in PEM, by the names that handshakes prove (RFC 8737).
    package var handshakes: [String: String] = [:]

    package init() {}
}

/// What others have done.
package enum RenewalEvent: Sendable {
    /// This gateway has begun to lead.
    case leadership
    /// Files of the state directory are new, or gone: their paths.
    case files(Set<String>)
    /// These are to be shown.
    case proofs(SharedProofs)
    /// What another one has told of certificates on demand, as far as it is new; wishes only while this gateway leads.
    case demands(SharedDemands)
}
