import EventLoop
import HTTP
import Messages
package import Transport

/// Looks whether a certificate could be had, as far as that can be known from here. Nothing is ordered, and nothing is changed.
extension Renewer {
    /// What the program that runs has for proving names.
    package struct Surroundings: Sendable {
        /// Whom names are asked of.
        package var resolver: Resolver.Settings
        /// How names can be proved by listeners, the best way first.
        package var challengeTypes: [ChallengeType]

        package init(resolver: Resolver.Settings, challengeTypes: [ChallengeType]) {
            self.resolver = resolver
            self.challengeTypes = challengeTypes
        }
    }

    /// - Returns: what was found, of all names of the certificate.
    package func dryRun(_ certificate: ManagedCertificate, _ around: Surroundings) async throws -> [DryRunFinding] {
        var findings = [standing(of: certificate)]
        if certificate.authority.isLocal {
            let strangers = certificate.names.filter { !LocalNames.contain($0) }
            findings.append(
                strangers.isEmpty
                    ? DryRunFinding(.authority, .good, "the internal CA issues it: nobody else is asked")
                    : DryRunFinding(.authority, .bad, "the internal CA does not issue for \(strangers.joined(separator: ", "))"))
            return findings
        }
        let (authority, found) = await look(at: certificate.authority, certificate.profile)
        findings += found
        let kinds = certificate.provesByDNS ? [.dns01] : around.challengeTypes
        findings.append(challenge(certificate, kinds))
        let questions = try NameQuestions(around.resolver, on: waiter)
        defer { questions.close() }
        let account = try? AccountStore(certificate.authority, directory).url()
        for name in certificate.names {
            guard SocketAddress(literal: name, port: 0) == nil else {
                findings += await reach(name, [SocketAddress(literal: name, port: 0)].compactMap { $0 }, kinds)
                continue
            }
            let bare = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            if !certificate.provesByDNS { findings += await lookUp(name, bare, questions, kinds) }
            let context = CAAContext(identities: authority?.meta?.caaIdentities ?? [], account: account, kinds: kinds)
            findings.append(await caa(name, bare, questions, context))
        }
        return findings
    }

    private struct CAAContext {
        var identities: [String]
        var account: String?
        var kinds: [ChallengeType]
    }

    /// What the state directory knows of it.
    private func standing(of certificate: ManagedCertificate) -> DryRunFinding {
        if let reason = StateDirectory.problem(writing: directory.location(of: "acme")) {
            return DryRunFinding(.state, .bad, "the state directory cannot be written: \(reason)")
        }
        guard let found = try? store.status(of: certificate.name), case .status(let status) = found else {
            return DryRunFinding(.state, .good, "there is no certificate yet: the gateway asks for one when it runs")
        }
        let pause = status.nextTry - Self.now
        let next = pause > 0 ? "the next try is in \(pause) s" : "the next try is due"
        if status.failures > 0 {
            return DryRunFinding(
                .state, .unknown,
                "\(status.failures) tries have failed in a row, \(next); the last one: \(status.lastError ?? "-")",
                help: "gatehouse certs --renew \(certificate.name) does not wait for it")
        }
        let rest = status.notAfter.map { "it is good for \(max(0, $0 - Self.now) / 86_400) days" } ?? "there is none yet"
        return DryRunFinding(.state, .good, "\(rest), \(next)")
    }

    private func look(
        at authority: Authority, _ profile: String?
    ) async -> (directory: AuthorityDirectory?, findings: [DryRunFinding]) {
        do throws(ACMEError) {
            let client = try client(for: authority)
            defer { client.calls.close() }
            let found = try await client.openDirectory()
            var findings = [DryRunFinding(.authority, .good, "\(authority.directory) answers")]
            if found.meta?.externalAccountRequired == true, authority.externalAccount == nil {
                findings.append(
                    DryRunFinding(
                        .authority, .bad, "it wants an external account", help: "acme.eab_kid and acme.eab_hmac_key name one"))
            }
            if let profile, found.meta?.profiles?[profile] == nil {
                let names = found.meta?.profiles.map { $0.keys.sorted().joined(separator: ", ") } ?? "none"
                findings.append(DryRunFinding(.authority, .bad, "it has no profile \"\(profile)\" (acme.profile), but \(names)"))
            }
            return (found, findings)
        } catch {
            return (nil, [DryRunFinding(.authority, .bad, error.description, help: error.hint)])
        }
    }

    /// What the way to prove the names needs.
    private func challenge(_ certificate: ManagedCertificate, _ kinds: [ChallengeType]) -> DryRunFinding {
        if let hook = certificate.dnsHook {
            if let reason = StateDirectory.problem(running: hook) {
                return DryRunFinding(.challenge, .bad, "dns-01 by \(hook), which cannot be run: \(reason)")
            }
            return DryRunFinding(.challenge, .unknown, "dns-01 by \(hook): whether it puts records into DNS only a run shows")
        }
        if certificate.dnsUpdate != nil {
            return DryRunFinding(.challenge, .unknown, "dns-01 by updates: whether the server takes them only an order shows")
        }
        switch kinds.first {
        case .http01: return DryRunFinding(.challenge, .good, "http-01: the authority looks at port 80 of each name")
        case .tlsALPN01:
            return DryRunFinding(.challenge, .good, "tls-alpn-01: the authority shakes hands at port 443 of each name")
        default:
            return DryRunFinding(
                .challenge, .bad, "no listener of the configuration answers an authority",
                help: "add a site with port = 80 and redirect_to_https = true")
        }
    }

    private func lookUp(
        _ name: String, _ bare: String, _ questions: NameQuestions, _ kinds: [ChallengeType]
    ) async -> [DryRunFinding] {
        switch await questions.addresses(of: bare) {
        case .failure(let error):
            return [
                DryRunFinding(
                    .dns, of: name, .bad, "it leads nowhere: \(error)",
                    help: "put its addresses (A, AAAA) into DNS; the authority asks servers of its own, which may know more")
            ]
        case .success(let addresses):
            let list = addresses.map(\.host).joined(separator: ", ")
            let isInside = addresses.contains { LocalNames.contain($0.host) }
            let finding =
                isInside
                ? DryRunFinding(
                    .dns, of: name, .unknown, "it leads to \(list), which is reached from inside alone",
                    help: "the authority needs an address that is reached from outside, unless it is your own")
                : DryRunFinding(.dns, of: name, .good, "it leads to \(list)")
            return [finding] + (await reach(name, addresses, kinds))
        }
    }

    /// Whether something answers at the port that the authority will look at. That it can from there is not said by it.
    private func reach(_ name: String, _ addresses: [SocketAddress], _ kinds: [ChallengeType]) async -> [DryRunFinding] {
        guard let kind = kinds.first else { return [] }
        var findings: [DryRunFinding] = []
        for address in addresses.prefix(8) {
            findings.append(await reach(name, address.with(port: kind == .tlsALPN01 ? 443 : 80)))
        }
        return findings
    }

    private func reach(_ name: String, _ address: SocketAddress) async -> DryRunFinding {
        let endpoint = "\(address.host) port \(address.port)"
        let path = "/.well-known/acme-challenge/gatehouse-dry-run"
        var request = Call.Request(.get, Array(path.utf8), authority: Array(name.utf8))
        request.fields.append("User-Agent", "gatehouse")
        var limits = Call.Limits()
        limits.timeout = 10_000_000_000
        limits.maxBodyBytes = nil
        do throws(CallError) {
            let answer = try await Call(waiter: waiter, buffers: buffers)
                .send(request, to: Call.Server(addresses: [address]), limits: limits)
            return DryRunFinding(.reach, of: name, .good, "\(endpoint) answers from here, with status \(answer.status)")
        } catch {
            // What speaks TLS answers no request in plain text, and yet is there.
            if address.port == 443, !Self.isUnreachable(error) {
                return DryRunFinding(.reach, of: name, .good, "\(endpoint) can be reached from here")
            }
            return DryRunFinding(
                .reach, of: name, .bad, "\(endpoint) cannot be reached from here: \(error)",
                help: "does the gateway run, and do firewalls and port forwards let port \(address.port) through?")
        }
    }

    private static func isUnreachable(_ error: CallError) -> Bool {
        switch error {
        case .connect, .timedOut(.connecting): true
        default: false
        }
    }

    private func caa(
        _ name: String, _ bare: String, _ questions: NameQuestions, _ context: CAAContext
    ) async -> DryRunFinding {
        switch await questions.relevantCAA(of: bare) {
        case .failure(let error):
            return DryRunFinding(
                .caa, of: name, .unknown, "its records cannot be asked for: \(error)",
                help: "an authority that gets no answer either refuses (RFC 8659 §3)")
        case .success(let found):
            if found.records.isEmpty { return DryRunFinding(.caa, of: name, .good, "no record: anybody may issue") }
            let verdict = CAAVerdict(
                found.records, isWildcard: name.hasPrefix("*."), identities: context.identities, account: context.account,
                kinds: context.kinds)
            return switch verdict {
            case .allowed: DryRunFinding(.caa, of: name, .good, "the records of \(found.owner) allow it")
            case .forbidden(let reason):
                DryRunFinding(
                    .caa, of: name, .bad, "the records of \(found.owner) forbid it: \(reason)",
                    help: "change them, or the authority")
            case .unknown(let reason):
                DryRunFinding(
                    .caa, of: name, .unknown,
                    "of \(found.owner): \(reason); the authority does not say whether it is one of them")
            }
        }
    }
}
