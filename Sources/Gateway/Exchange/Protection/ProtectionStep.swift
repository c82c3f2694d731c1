import EventLoop
import HTTP
import Protection
import TLS

/// The step that asks whether a request may be served at all, before anything is done for it.
extension Exchange {
    /// - Throws: why not: its client's address, or that it shows no certificate (403), that it sends too many (429), that
    ///   too many are under way (429, 503), or that a list of addresses cannot be read (503): nobody comes in.
    @inline(never)
    mutating func protect(_ request: RequestHead, by protection: ProtectionPlan, of site: SitePlan) throws(Failure) {
        let address = endpoint.clientAddress(of: request, for: site)
        let lists = resources.addressLists
        if let refusal = protection.addresses.refusal(of: address, content: { lists.value(of: $0.shared) }) {
            throw Self.addressFailure(refusal)
        }
        if protection.requiresClientCertificate, endpoint.clientCertificate == nil { throw Self.certificateRequired }
        for limit in protection.limits { try hold(limit, request, from: address) }
        if !protection.concurrency.isEmpty { try takeSlots(protection.concurrency, address) }
    }

    /// A request has its slots until it is answered; those that it has taken when it is refused it gives back.
    private mutating func takeSlots(_ plans: [ConcurrencyPlan], _ address: IPAddress?) throws(Failure) {
        let client = ClientKey.address.number(of: address)
        let slots = RequestSlots()
        for plan in plans { try slots.enter(plan, client: client) }
        self.slots = slots
    }

    private mutating func hold(_ plan: RateLimitPlan, _ request: RequestHead, from address: IPAddress?) throws(Failure) {
        if let address {
            if plan.blacklist.contains(address) { throw Self.addressRefused("\(plan.key).blacklist") }
            if plan.whitelist.contains(address) { return }
        }
        let client = plan.clients.number(of: request, from: address, for: plan.shared)
        let verdict =
            plan.shared?.admit(client, now: resources.now, telling: resources.spendings)
            ?? plan.table.admit(client, under: plan.limit, now: resources.now)
        guard verdict.isAdmitted else {
            throw Failure(
                .rateLimited, detail: "Too many requests from you; try again later.", key: plan.key,
                fields: plan.fields(remaining: 0, wait: verdict.wait), retryAfter: RateLimitPlan.seconds(verdict.wait))
        }
        if plan.announces { answerFields.append(plan.fields(remaining: verdict.remaining, wait: verdict.wait)) }
    }

    private static var certificateRequired: Failure {
        Failure(
            .clientCertificateRequired, detail: "A certificate of yours is needed here.", key: "sites.proxy.routes.client_auth")
    }

    static func addressFailure(_ refusal: AddressRules.Refusal) -> Failure {
        switch refusal {
        case .refused(let key): addressRefused(key)
        case .unknown(let reason, let key):
            // What is wrong is the operator's to know.
            Failure(
                .authUnavailable, detail: reason, key: key,
                clientDetail: "Nobody can be let in at the moment; try again later.")
        }
    }

    private static func addressRefused(_ key: String) -> Failure {
        Failure(.addressRefused, detail: "Your address may not come here.", key: key)
    }
}
