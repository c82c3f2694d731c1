package import ACME
import TLS
package import Transport
import Upstreams

extension Gateway: CertificateDeployment {
    /// Makes every worker answer challenges with these; see `CertificateDeployment`.
    package func answer(_ answers: [String: String]) async {
        for worker in workers { await worker.answerChallenges(with: answers) }
    }

    /// Makes the handshakes of all sites with this certificate show what is in the file; see `CertificateDeployment`.
    package func use(_ name: String, file: String) async -> String? {
        for certificate in currentPlan.certificates where certificate.managedName == name {
            if let reason = await certificate.context.renewStored() { return reason }
            certificate.context.stored?.note(renewalFails: false)
        }
        for demand in currentPlan.demands {
            if let reason = await demand.use(name, file: file) { return reason }
        }
        return nil
    }

    /// Makes handshakes show what is newer than what they show; see `CertificateDeployment`.
    package func follow(_ known: [String: CertificateStanding]) async {
        for certificate in currentPlan.certificates {
            guard let name = certificate.managedName, let standing = known[name], let stored = certificate.context.stored else {
                continue
            }
            stored.note(renewalFails: standing.fails)
            if let end = standing.notAfter, end != stored.lifetime?.end { _ = await certificate.context.renewStored() }
        }
    }

    /// Ends what handshakes wait for; see `CertificateDeployment`.
    package func failed(_ name: String) async {
        for certificate in currentPlan.certificates where certificate.managedName == name {
            certificate.context.stored?.note(renewalFails: true)
        }
        for demand in currentPlan.demands { await demand.failed(name) }
    }

    /// Makes sites go by what other gateways have told; see `CertificateDeployment`.
    package func apply(_ shared: SharedDemands) async -> [SharedDemands.Name] {
        let demands = currentPlan.demands
        for demand in demands { await demand.apply(shared.of(demand.key)) }
        let keys = Set(demands.map(\.key))
        return shared.wishes.filter { !keys.contains($0.key) }
    }

    /// Makes handshakes that prove this name show what is in the file; see `CertificateDeployment`.
    package func prove(_ name: String, file: String?) async -> String? {
        let challenges = currentPlan.carried.challenges
        guard let file else {
            challenges.hide(name)
            return nil
        }
        do throws(TLSError) {
            try challenges.show(name, file: file, currentPlan.listeners.lazy.compactMap(\.tls?.records).first ?? .own)
            return nil
        } catch {
            return error.reason
        }
    }

    /// What of this process's listeners an authority can ask.
    package var challengeTypes: [ChallengeType] {
        get async { currentPlan.challengeTypes }
    }
}

extension Plan {
    /// What of its listeners an authority can ask, the best way first.
    package var challengeTypes: [ChallengeType] {
        let isPlain = listeners.contains { $0.tls == nil }
        let isOnlyTLSThere =
            listeners.contains { $0.tls != nil && $0.address.port == 443 }
            && !listeners.contains { $0.tls == nil && $0.address.port == 80 }
        let types: [ChallengeType] = isPlain ? [.http01, .tlsALPN01] : [.tlsALPN01]
        return isOnlyTLSThere ? types.reversed() : types
    }

    /// Whom names are asked of.
    package var resolver: Resolver.Settings { names.resolver }
}
