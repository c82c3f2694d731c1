import EventLoop
import HTTP
import Protection

/// The step that authenticates the client, where only some may pass.
extension Exchange {
    /// Checks every credential that the site or the route asks for.
    /// - Returns: whether the request may pass; if not, the client has its answer.
    /// - Throws: 401 without the right password; 429 after too many wrong ones; 503 if it cannot be checked: nobody comes in.
    mutating nonisolated(nonsending) func authenticate(
        _ request: RequestHead, by protection: ProtectionPlan, of site: SitePlan
    ) async throws(Failure) -> Bool {
        // Lines, each with its end.
        var told: [UInt8] = []
        if let plan = protection.password {
            let user = try await user(of: request, plan, from: endpoint.clientAddress(of: request, for: site))
            record.user = user
            if let field = plan.userField.flatMap({ ConfiguredField($0, user) }) { told += field.line }
        }
        if let plan = protection.token {
            let user = try user(ofTokenIn: request, plan)
            record.user = user
            if let user, let field = plan.userField.flatMap({ ConfiguredField($0, user) }) { told += field.line }
        }
        if let plan = protection.forwardAuth {
            guard case .passes(let lines) = try await ask(plan, about: request, of: site) else { return false }
            told += lines
        }
        if let rules = protection.identity { identity = IdentityFields(rules: rules, lines: told) }
        return true
    }

    private mutating nonisolated(nonsending) func user(
        of request: RequestHead, _ plan: PasswordPlan, from address: IPAddress?
    ) async throws(Failure) -> String {
        let users: PasswordList
        switch resources.passwords.files.value(of: plan.file.shared) {
        case .success(let list): users = list
        case .failure(let fault): throw Self.cannotAuthenticate(fault.reason, plan)
        }
        guard let credentials = request.basicCredentials else {
            throw Failure(
                .authRequired, detail: "A name and a password are needed here.", key: "\(plan.key).require_auth",
                fields: plan.challenge)
        }
        let passwords = resources.passwords
        guard let (hash, isTheirs) = users.hash(of: credentials.user, draw: passwords.draw(for: credentials.user)) else {
            throw Self.wrong(plan)
        }
        guard let number = passwords.number(of: credentials, hash: hash) else {
            throw Self.cannotAuthenticate("libcrypto has no HMAC-SHA-256", plan)
        }
        let name = String(decoding: credentials.user, as: UTF8.self)
        if isTheirs, passwords.isKnown(number) { return name }
        let client = ClientKey.address.number(of: address)
        // It is counted before it is known to be wrong: many at once are as many attempts.
        try countAttempt(plan, client)
        let network = ClientKey.network.number(of: address)
        let check = PasswordCheck(credentials.password, of: hash, number, from: network)
        let answer = await passwords.carryOut(check, remember: isTheirs)
        if answer == nil || answer == true && isTheirs, let (limit, table) = plan.attempts {
            table.forgive(client, under: limit)
        }
        guard let answer else {
            throw Failure(
                .authBusy, detail: "Too many passwords are being checked; try again soon.", key: "\(plan.key).auth_file")
        }
        guard answer, isTheirs else { throw Self.wrong(plan) }
        return name
    }

    private func countAttempt(_ plan: PasswordPlan, _ client: UInt64) throws(Failure) {
        guard let (limit, table) = plan.attempts else { return }
        let verdict = table.admit(client, under: limit, now: resources.now)
        guard !verdict.isAdmitted else { return }
        throw Failure(
            .authAttempts, detail: "Too many wrong passwords from you; try again later.", key: "\(plan.key).auth_attempts",
            retryAfter: RateLimitPlan.seconds(verdict.wait))
    }

    private static func wrong(_ plan: PasswordPlan) -> Failure {
        Failure(
            .authFailed, detail: "The name or the password is wrong.", key: "\(plan.key).auth_file", fields: plan.challenge)
    }

    /// What is wrong is the operator's to know.
    private static func cannotAuthenticate(_ reason: String, _ plan: PasswordPlan) -> Failure {
        Failure(
            .authUnavailable, detail: reason, key: "\(plan.key).auth_file",
            clientDetail: "Nobody can be let in at the moment; try again later.")
    }
}

extension RequestHead {
    /// What the one `Authorization` field says; nil without one, with several, or of another scheme.
    fileprivate var basicCredentials: BasicCredentials? {
        guard fields.count(of: .authorization) == 1, let line = fields.first(.authorization) else { return nil }
        return BasicCredentials(fields.bytes.span.extracting(line.value))
    }
}
