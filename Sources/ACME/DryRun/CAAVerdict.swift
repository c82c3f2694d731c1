import Transport

/// What the CAA records of a name mean for one authority (RFC 8659 §4, RFC 8657).
enum CAAVerdict: Equatable {
    /// Anybody may, or this one.
    case allowed
    case forbidden(String)
    /// The authority does not say by which names it goes.
    case unknown(String)

    /// - Parameters:
    ///   - records: the relevant set.
    ///   - identities: names that the authority goes by (RFC 8555 §7.1.1, `caaIdentities`).
    ///   - account: the account's URL; nil: it is not known yet.
    ///   - kinds: how the names are to be proved.
    init(_ records: [CAARecord], isWildcard: Bool, identities: [String], account: String?, kinds: [ChallengeType]) {
        if let other = records.first(where: { $0.isCritical && !["issue", "issuewild", "iodef"].contains($0.tag) }) {
            self = .forbidden("a critical record of the unknown kind \(other.tag)")
            return
        }
        var relevant = records.filter { $0.tag == "issue" }
        let wild = records.filter { $0.tag == "issuewild" }
        if isWildcard, !wild.isEmpty { relevant = wild }
        guard !relevant.isEmpty else {
            self = .allowed
            return
        }
        let permissions = relevant.map { Permission($0.value) }
        let named = permissions.map(\.authority).map { $0.isEmpty ? "nobody" : $0 }.joined(separator: ", ")
        guard !identities.isEmpty else {
            self = .unknown("only \(named) may issue")
            return
        }
        let own = permissions.filter { permission in identities.contains { $0.lowercased() == permission.authority } }
        guard !own.isEmpty else {
            self = .forbidden("only \(named) may issue, and the authority goes by \(identities.joined(separator: ", "))")
            return
        }
        let objections = own.map { $0.objection(account, kinds) }
        if let objection = objections.first, !objections.contains(nil), let objection {
            self = .forbidden(objection)
        } else {
            self = .allowed
        }
    }

    /// The value of `issue` (RFC 8659 §4.2): `authority; parameter=value; …`.
    private struct Permission {
        var authority: String
        var parameters: [String: String] = [:]

        init(_ value: String) {
            let parts = value.split(separator: ";", omittingEmptySubsequences: false).map { Self.trimmed($0) }
            authority = (parts.first ?? "").lowercased()
            for part in parts.dropFirst() {
                guard let sign = part.firstIndex(of: "=") else { continue }
                parameters[Self.trimmed(part[..<sign]).lowercased()] = Self.trimmed(part[part.index(after: sign)...])
            }
        }

        private static func trimmed(_ text: some StringProtocol) -> String {
            String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        }

        /// RFC 8657 §3 and §4.
        func objection(_ account: String?, _ kinds: [ChallengeType]) -> String? {
            if let wanted = parameters["accounturi"], let account, wanted != account {
                return "only for the account \(wanted), and ours is \(account)"
            }
            guard let methods = parameters["validationmethods"] else { return nil }
            let allowed = methods.split(separator: ",").map { Self.trimmed($0).lowercased() }
            return kinds.contains { allowed.contains($0.rawValue) } ? nil : "only where names are proved by \(methods)"
        }
    }
}
